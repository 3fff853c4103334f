"""What a resource operation needs, told from what its handler lists and from its properties."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from rehearsal.cloud.cloudformation.permissions import catalogue
from rehearsal.cloud.cloudformation.permissions.arns import Place
from rehearsal.cloud.cloudformation.permissions.catalogue import Operation
from rehearsal.cloud.cloudformation.permissions.renew import packed, renewed
from rehearsal.cloud.cloudformation.permissions.requirements import ResourceOperation, needs
from rehearsal.cloud.iam.evaluation import Layer, Policy, Principal, decide
from rehearsal.cloud.iam.further import Call
from rehearsal.cloud.iam.needs import Need
from tests.rehearsal.cloud.every_type import RESOURCES

PLACE = Place(account="111122223333", region="eu-west-1", stack="Prod", logical_id="Thing")
ROLE = "arn:aws:iam::111122223333:role/r"


def in_words(value: Any) -> str:
    """The same in every process, which the order of a set is not."""
    return str(sorted(value) if isinstance(value, set) else value)


def needed(operation: Operation, type_name: str, properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    asked = ResourceOperation(
        operation=operation, type_name=type_name, place=PLACE, properties=properties, **more
    )
    found = needs(asked)
    assert found is not None
    return {need.action: need.resource for need in found}


@pytest.mark.parametrize(
    ("type_name", "properties", "actions"),
    [
        ("AWS::SQS::Queue", {}, {"sqs:CreateQueue"}),
        ("AWS::SQS::Queue", {"Tags": [{"Key": "a", "Value": "b"}]}, {"sqs:CreateQueue", "sqs:TagQueue"}),
        ("AWS::SQS::Queue", {"Tags": [{"Key": "aws:cloudformation:stack-id"}]}, {"sqs:CreateQueue"}),
        ("AWS::Location::PlaceIndex", {"IndexName": "i"}, {"geo:CreatePlaceIndex"}),
        ("AWS::ECR::Repository", {}, {"ecr:CreateRepository"}),
        ("AWS::EC2::EIP", {}, {"ec2:AllocateAddress"}),
        ("AWS::ApiGateway::Method", {}, {"apigateway:PUT"}),
        ("AWS::SNS::TopicPolicy", {}, {"sns:SetTopicAttributes"}),
        ("AWS::Lambda::Function", {"Role": ROLE}, {"lambda:CreateFunction", "iam:PassRole"}),
        (
            "AWS::Lambda::Function",
            {"VpcConfig": {"SubnetIds": ["s"]}},
            {
                "lambda:CreateFunction",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
                "ec2:DescribeSecurityGroups",
            },
        ),
        ("AWS::RDS::DBInstance", {"DBSnapshotIdentifier": "s"}, {"rds:RestoreDBInstanceFromDBSnapshot"}),
        ("AWS::IAM::Policy", {"Roles": ["r"]}, {"iam:PutRolePolicy"}),
        ("Custom::Thing", {"ServiceToken": "arn:aws:sns:eu-west-1:111122223333:t"}, {"sns:Publish"}),
    ],
    ids=in_words,
)
def test_what_making_a_resource_needs(type_name: str, properties: dict[str, Any], actions: set[str]) -> None:
    assert set(needed(Operation.CREATE, type_name, properties)) == actions


@pytest.mark.parametrize(
    ("type_name", "old", "new", "actions"),
    [
        ("AWS::SQS::Queue", {"DelaySeconds": 1}, {"DelaySeconds": 2}, {"sqs:SetQueueAttributes"}),
        ("AWS::SQS::Queue", {}, {"Tags": [{"Key": "a"}]}, {"sqs:TagQueue"}),
        ("AWS::Lambda::Function", {"Timeout": 1}, {"Timeout": 2}, {"lambda:UpdateFunctionConfiguration"}),
        ("AWS::Lambda::Function", {"Role": ROLE, "Timeout": 1}, {"Role": ROLE}, set()),
        ("AWS::S3::Bucket", {}, {"LifecycleConfiguration": {"Rules": [1]}}, {"s3:PutLifecycleConfiguration"}),
        ("AWS::CloudWatch::Alarm", {"Threshold": 1}, {"Threshold": 2}, {"cloudwatch:PutMetricAlarm"}),
    ],
    ids=in_words,
)
def test_what_changing_a_resource_needs(
    type_name: str, old: dict[str, Any], new: dict[str, Any], actions: set[str]
) -> None:
    assert set(needed(Operation.UPDATE, type_name, new, old_properties=old)) == actions


@pytest.mark.parametrize(
    ("type_name", "properties", "action", "arn"),
    [
        ("AWS::SQS::Queue", {}, "sqs:CreateQueue",
         "arn:aws:sqs:eu-west-1:111122223333:Prod-Thing-XXXXXXXXXXXX"),
        ("AWS::S3::Bucket", {"BucketName": "b"}, "s3:CreateBucket", "arn:aws:s3:::b"),
        ("AWS::IAM::Role", {"RoleName": "r", "Path": "/p/"}, "iam:CreateRole",
         "arn:aws:iam::111122223333:role/p/r"),
        ("AWS::EC2::VPC", {}, "ec2:CreateVpc", None),
    ],
    ids=in_words,
)  # fmt: skip
def test_the_resource_is_known_by_its_name(
    type_name: str, properties: dict[str, Any], action: str, arn: str | None
) -> None:
    assert needed(Operation.CREATE, type_name, properties)[action] == arn


def test_a_type_that_lists_nothing_is_unknown() -> None:
    asked = ResourceOperation(
        operation=Operation.CREATE, type_name="AWS::Budgets::Budget", place=PLACE, properties={}
    )
    assert needs(asked) is None


def test_every_type_that_is_added_here_has_a_main_call() -> None:
    """Otherwise it would be made without any right."""
    without = {
        type_name
        for type_name in {resource["Type"] for resource in RESOURCES.values()}
        if catalogue.permissions(type_name, Operation.CREATE)
        and not needed(Operation.CREATE, type_name, {"InternetGatewayId": "igw-1", "Roles": ["r"]})
    }
    assert without == set()


def test_an_uncertain_condition_neither_denies_nor_hides_its_key() -> None:
    need = Need(action="sqs:CreateQueue")
    unknown = {"StringEquals": {"sqs:Unheard": "of"}}
    allowed = decide(_with({"Effect": "Allow", "Condition": unknown}), need, region="eu-west-1")
    assert allowed.allowed
    assert allowed.unknown == {"sqs:Unheard"}
    denying = _with({"Effect": "Allow"}, {"Effect": "Deny", "Condition": unknown})
    assert decide(denying, need, region="eu-west-1").allowed
    elsewhere = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
    assert not decide(_with({"Effect": "Allow", "Condition": elsewhere}), need, region="eu-west-1").allowed


def test_the_permissions_are_made_anew_from_the_schemas(tmp_path: Path) -> None:
    schema = {"typeName": "AWS::A::B", "handlers": {"create": {"permissions": ["a:CreateB"]}, "list": {}}}
    archive = tmp_path / "schemas.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("aws-a-b.json", json.dumps(schema))
    assert renewed(archive) == packed({"AWS::A::B": {"create": ["a:CreateB"]}})


def _with(*statements: dict[str, Any]) -> Principal:
    filled = [{"Action": "*", "Resource": "*", **statement} for statement in statements]
    layer = Layer(kind="identity-based policy", policies=(Policy.of("p", {"Statement": filled}),))
    return Principal(
        arn="arn:aws:sts::111122223333:assumed-role/r/s", account="111122223333", layers=(layer,)
    )


@pytest.mark.parametrize(
    ("service", "content_type", "arguments"),
    [
        ("iam", "application/x-www-form-urlencoded; charset=utf-8", {"RoleName": "r", "page": "2"}),
        ("s3", "application/x-www-form-urlencoded", {"page": "2"}),
        ("ssm", "application/x-amz-json-1.1", {"page": "2"}),
        ("s3", "", {"page": "2"}),
    ],
)
def test_only_a_form_is_read_as_one(service: str, content_type: str, arguments: dict[str, str]) -> None:
    """An upload is anybody's bytes, and to read megabytes of them would hold up every other request."""
    call = Call(
        service=service,
        content_type=content_type,
        body=b"RoleName=r",
        query={"page": ["2"]},
        region="eu-west-1",
        account="111122223333",
    )
    assert call.arguments == arguments
