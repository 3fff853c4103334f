"""Secrets Manager types other than the secret itself."""

import json
from typing import Any

from rehearsal.emulator.resource_types.backed import Backed
from rehearsal.emulator.resource_types.known import Known


def _secret_arn(client: Any, it: Known) -> dict[str, str]:
    return {"ARN": client.describe_secret(SecretId=it.properties["SecretId"])["ARN"]}


def _policy_text(it: Known) -> dict[str, str]:
    policy = it.properties["ResourcePolicy"]
    return {"ResourcePolicy": policy if isinstance(policy, str) else json.dumps(policy)}


ROWS = (
    Backed(
        type_name="AWS::SecretsManager::RotationSchedule",
        service="secretsmanager",
        create="describe_secret",
        ref=lambda it: it.answer["ARN"],
        key=lambda it: {"SecretId": it.properties["SecretId"]},
        update="describe_secret",
        delete=lambda _client, _it: None,
        attributes=lambda it: {"Id": it.id},
        immutable=frozenset({"SecretId"}),
        limits="the secret is not rotated: no rotation function runs, on creation or on schedule",
    ),
    Backed(
        type_name="AWS::SecretsManager::ResourcePolicy",
        service="secretsmanager",
        create="put_resource_policy",
        arguments=_policy_text,
        ref=lambda it: it.answer["ARN"],
        key=lambda it: {"SecretId": it.properties["SecretId"]},
        read=_secret_arn,
        update="put_resource_policy",
        delete="delete_resource_policy",
        attributes=lambda it: {"Id": it.id},
        immutable=frozenset({"SecretId"}),
    ),
)
