"""The CDK CLI hears of the end of a stack's operation at once, and nobody else waits."""

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from rehearsal.cloud.cloudformation.awaited_stacks import Answer, awaited, is_awaiting
from tests.rehearsal.cloud.stacks import template

CLI = Config(user_agent_extra="aws-cdk")
RESOURCES = {
    "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
    "Signal": {
        "Type": "AWS::CloudFormation::WaitCondition",
        "DependsOn": "Handle",
        "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "2"},
    },
}


@pytest.fixture
def stack(aws: boto3.session.Session) -> Iterator[str]:
    """Its creation goes on for 2 s and is rolled back then, because nobody signals."""
    name = f"waiting-{uuid.uuid4().hex[:8]}"
    client = aws.client("cloudformation")
    client.create_stack(StackName=name, TemplateBody=template(RESOURCES))
    yield name
    client.delete_stack(StackName=name)


def status(client: Any, stack: str) -> str:
    (found,) = client.describe_stacks(StackName=stack)["Stacks"]
    return str(found["StackStatus"])


def test_the_cli_is_answered_when_the_operation_has_ended_and_others_at_once(
    aws: boto3.session.Session, stack: str
) -> None:
    client, cli = aws.client("cloudformation"), aws.client("cloudformation", config=CLI)
    assert status(client, stack) == "CREATE_IN_PROGRESS"
    assert status(cli, stack) == "ROLLBACK_COMPLETE"


def test_an_operation_that_goes_on_is_told_after_a_while() -> None:
    async def ask() -> Answer:
        return 200, {}, b"<StackStatus>UPDATE_IN_PROGRESS</StackStatus>"

    assert asyncio.run(asyncio.wait_for(awaited(ask, within=0.1), timeout=5)) == asyncio.run(ask())


def test_a_stack_in_review_is_not_waited_for() -> None:
    asked = []

    async def ask() -> Answer:
        asked.append(1)
        return 200, {}, b"<StackStatus>REVIEW_IN_PROGRESS</StackStatus>"

    asyncio.run(awaited(ask))
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("agent", "body", "awaits"),
    [
        ("aws-sdk-js/3.1 md/nodejs#20 aws-cdk", b"Action=DescribeStacks&StackName=a", True),
        ("aws-sdk-js/3.1 aws-cdk/release#2", b"StackName=a&Version=1&Action=DescribeStacks", True),
        ("aws-sdk-js/3.1 aws-cdk", b"Action=DescribeStacks", False),
        ("aws-sdk-js/3.1 aws-cdk", b"Action=DescribeStackEvents&StackName=a", False),
        ("Boto3/1.40 my-aws-cdk-tool", b"Action=DescribeStacks&StackName=a", False),
        ("", b"Action=DescribeStacks&StackName=a", False),
    ],
)
def test_who_waits(agent: str, body: bytes, *, awaits: bool) -> None:
    assert is_awaiting({"User-Agent": agent}, body) is awaits
