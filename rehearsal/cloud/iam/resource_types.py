"""IAM resource types that ministack lacks."""

import json
from typing import Any

from rehearsal.emulator.resource_types.backed import Backed
from rehearsal.emulator.resource_types.known import Known, nothing


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


def _json(document: Any) -> str:

    return document if isinstance(document, str) else json.dumps(document)


ROWS = (
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
