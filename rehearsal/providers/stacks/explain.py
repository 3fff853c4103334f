"""Finds why a stack operation failed: the status reason of the first failed resource.

CloudFormation fails several resources: the first has the reason, the others were only cancelled. What it
detects before it begins (such as a name that is taken) is not a stack event; only DescribeEvents returns it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


def known_events(client: CloudFormationClient, *, stack_id: str) -> frozenset[str]:
    """Past events. If the role may not read them, only the reason of a failure is missing, as on AWS."""
    try:
        return frozenset(event["EventId"] for event in _events(client, stack_id=stack_id, seen=frozenset()))
    except ClientError:
        return frozenset()


def first_failure(
    client: CloudFormationClient, *, stack_id: str, seen: frozenset[str] = frozenset()
) -> str | None:
    """`Bucket (AWS::S3::Bucket): reason`, or None if there is none or the role may not read events."""
    try:
        events = list(_events(client, stack_id=stack_id, seen=seen))
    except ClientError:
        return None
    for event in events:
        if _is_cause(event):
            return _describe(event)
    return _validation_failure(client, stack_id) or _reason_of_the_stack(events, stack_id)


def resources_done(client: CloudFormationClient, *, stack_id: str, seen: frozenset[str]) -> int:
    try:
        events = list(_events(client, stack_id=stack_id, seen=seen))
    except ClientError:
        return 0
    return len(
        {
            event["LogicalResourceId"]
            for event in events
            if event["ResourceStatus"].endswith("_COMPLETE") and event["PhysicalResourceId"] != stack_id
        }
    )


def _events(client: CloudFormationClient, *, stack_id: str, seen: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Oldest first, without those from before the operation."""
    pages = client.get_paginator("describe_stack_events").paginate(StackName=stack_id)
    events = [dict(event) for page in pages for event in page["StackEvents"]]
    for event in reversed(events):
        if event["EventId"] not in seen:
            yield {"PhysicalResourceId": "", "ResourceStatusReason": "", "ResourceType": "", **event}


def _is_cause(event: dict[str, Any]) -> bool:
    return (
        event["ResourceStatus"].endswith("_FAILED")
        and event["LogicalResourceId"] != event["StackName"]
        and "cancelled" not in event["ResourceStatusReason"].lower()
    )


def _validation_failure(client: CloudFormationClient, stack_id: str) -> str | None:
    try:
        found = client.describe_events(StackName=stack_id)["OperationEvents"]
    except ClientError:
        return None
    newest = max(found, key=lambda event: event["Timestamp"], default=None)
    for event in found:
        if event.get("EventType") == "VALIDATION_ERROR" and newest and _same_operation(event, newest):
            reason = event.get("ValidationStatusReason", "")
            return f"{event.get('LogicalResourceId')} ({event.get('ResourceType')}): {reason}"
    return None


def _same_operation(event: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(event.get("OperationId") == other.get("OperationId"))


def _describe(event: dict[str, Any]) -> str:
    reason = event["ResourceStatusReason"] or event["ResourceStatus"]
    return f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}"


def _reason_of_the_stack(events: list[dict[str, Any]], stack_id: str) -> str | None:
    for event in events:
        if event["PhysicalResourceId"] == stack_id and event["ResourceStatusReason"]:
            reason = str(event["ResourceStatusReason"])
            if reason != "User Initiated":
                return reason
    return None
