"""Every role of every stack is inside the boundary, those that the CDK makes by itself included."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import RemovalPolicy, Stack, Stage
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import custom_resources as custom
from constructs import Construct

from blocks.naming import BOUNDARY
from pipeline.permissions import boundary
from pipeline.permissions.grantees import Grantee
from stages.delivery_app import DeliveryApp

DEV = Grantee(name="dev", stacks=("Dev-",), names=("acme-dev-",), tags=("acme",), stages=())


class Helpers(Stack):
    """What the CDK answers with functions and roles of its own."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, "Helpers")
        s3.Bucket(self, "Emptied", auto_delete_objects=True, removal_policy=RemovalPolicy.DESTROY)
        logs.LogRetention(self, "Kept", log_group_name="/made/up", retention=logs.RetentionDays.ONE_DAY)
        handler = lambda_.Function(
            self,
            "Handler",
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="index.handler",
            code=lambda_.Code.from_inline("def handler(event, context): pass"),
        )
        custom.Provider(self, "Provider", on_event_handler=handler)
        call = custom.AwsSdkCall(
            service="STS",
            action="getCallerIdentity",
            physical_resource_id=custom.PhysicalResourceId.of("one"),
        )
        anything = custom.AwsCustomResourcePolicy.from_sdk_calls(resources=["*"])
        custom.AwsCustomResource(self, "Call", on_create=call, policy=anything)
        iam.User(self, "Somebody")


def limits(folder: Path, kind: str) -> list[Any]:
    return [
        resource["Properties"].get("PermissionsBoundary")
        for file in folder.rglob("*.template.json")
        for resource in json.loads(file.read_text(encoding="utf-8"))["Resources"].values()
        if resource["Type"] == kind
    ]


def test_helpers_of_the_cdk_are_inside_too(tmp_path: Path, flags: dict[str, Any]) -> None:
    app = DeliveryApp(outdir=str(tmp_path), context=flags)
    Helpers(Stage(app, "Dev"))
    app.synth()
    found = limits(tmp_path, "AWS::IAM::Role")
    assert len(found) >= 5
    assert all(json.dumps(limit).endswith(f':policy/{BOUNDARY}"]]}}') for limit in found)
    assert all(limits(tmp_path, "AWS::IAM::User"))


def test_every_role_of_the_delivery_is_inside(assembly: Path) -> None:
    found = limits(assembly, "AWS::IAM::Role")
    assert len(found) > 50
    assert all(BOUNDARY in json.dumps(limit) for limit in found)


def granting(*actions: str, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}
    properties = {"PolicyDocument": {"Statement": [statement]}}
    return {"Resources": {"Policy": {"Type": "AWS::IAM::Policy", "Properties": properties}}}


def test_it_allows_what_the_roles_are_granted() -> None:
    managed = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    role = {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": [managed]}}
    templates = [granting("sqs:SendMessage"), {"Resources": {"Role": role}}, granting("sts:AssumeRole")]
    ceiling, become = boundary.statements(DEV, templates)
    assert ceiling.actions == {
        "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"
    }  # fmt: skip
    assert become.resources == {
        "arn:*:iam::*:role/Dev-*", "arn:*:iam::*:role/acme-dev-*", "arn:*:iam::*:role/cdk-hnb659fds-*"
    }  # fmt: skip


@pytest.mark.parametrize("action", ["*", "s3:*", "iam:CreateUser", "iam:PassRole"])
def test_a_role_that_asks_for_everything_is_refused(action: str) -> None:
    with pytest.raises(boundary.TooMuchError, match="name the calls"):
        list(boundary.statements(DEV, [granting(action)]))


def test_a_managed_policy_that_nobody_has_read_is_refused() -> None:
    managed = {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/PowerUserAccess"]}
    role = {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": managed}}}
    with pytest.raises(boundary.TooMuchError, match="PowerUserAccess"):
        list(boundary.statements(DEV, [role]))
