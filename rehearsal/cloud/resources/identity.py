"""Cognito identity providers, and the IAM types that ministack's templates lack."""

import json
from collections.abc import Mapping
from typing import Any

from rehearsal.cloud.resources.backed import Backed
from rehearsal.cloud.resources.known import Known, nothing


def _provider_key(it: Known) -> Mapping[str, Any]:
    return {"UserPoolId": it.properties["UserPoolId"], "ProviderName": it.properties["ProviderName"]}


def _apply_group_policies(client: Any, it: Known) -> None:
    group = it.id
    for arn in it.properties.get("ManagedPolicyArns", ()):
        client.attach_group_policy(GroupName=group, PolicyArn=arn)
    for policy in it.properties.get("Policies", ()):
        client.put_group_policy(
            GroupName=group, PolicyName=policy["PolicyName"], PolicyDocument=_json(policy["PolicyDocument"])
        )


def _empty_group(client: Any, it: Known) -> None:
    for policy in client.list_attached_group_policies(GroupName=it.id)["AttachedPolicies"]:
        client.detach_group_policy(GroupName=it.id, PolicyArn=policy["PolicyArn"])
    for name in client.list_group_policies(GroupName=it.id)["PolicyNames"]:
        client.delete_group_policy(GroupName=it.id, PolicyName=name)
    client.delete_group(GroupName=it.id)


def _delete_access_key(client: Any, it: Known) -> None:
    client.delete_access_key(UserName=it.properties["UserName"], AccessKeyId=it.id)


ROWS = (
    Backed(
        type_name="AWS::Cognito::UserPoolIdentityProvider",
        service="cognito-idp",
        create="create_identity_provider",
        ref=lambda it: it.properties["ProviderName"],
        key=_provider_key,
        update="update_identity_provider",
        delete="delete_identity_provider",
        immutable=frozenset({"UserPoolId", "ProviderName", "ProviderType"}),
        limits="the provider is known to the user pool; nobody can sign in through it",
    ),
    Backed(
        type_name="AWS::IAM::Group",
        service="iam",
        create="create_group",
        arguments=lambda it: {"GroupName": it.name("GroupName", limit=128)},
        ref=lambda it: it.answer["Group"]["GroupName"],
        key=lambda it: {"GroupName": it.id},
        read="get_group",
        delete=_empty_group,
        after_create=_apply_group_policies,
        attributes=lambda it: {"Arn": it.answer["Group"]["Arn"]},
    ),
    Backed(
        type_name="AWS::IAM::AccessKey",
        service="iam",
        create="create_access_key",
        ref=lambda it: it.answer["AccessKey"]["AccessKeyId"],
        key=nothing,
        delete=_delete_access_key,
        attributes=lambda it: (
            {"SecretAccessKey": it.answer["AccessKey"]["SecretAccessKey"]} if it.answer else {}
        ),
    ),
    Backed(
        type_name="AWS::IAM::OIDCProvider",
        service="iam",
        create="create_open_id_connect_provider",
        arguments=lambda it: {"ThumbprintList": it.properties.get("ThumbprintList", [])},
        ref=lambda it: it.answer["OpenIDConnectProviderArn"],
        key=lambda it: {"OpenIDConnectProviderArn": it.id},
        delete="delete_open_id_connect_provider",
        attributes=lambda it: {"Arn": it.id},
    ),
    Backed(
        type_name="AWS::IAM::ServiceLinkedRole",
        service="iam",
        create="create_service_linked_role",
        ref=lambda it: it.answer["Role"]["RoleName"],
        key=lambda it: {"RoleName": it.id},
        delete="delete_service_linked_role",
        attributes=lambda it: {"RoleName": it.id},
    ),
)


def _json(document: Any) -> str:

    return document if isinstance(document, str) else json.dumps(document)
