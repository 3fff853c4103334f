"""Custom resources: CDK's own without their Node functions, everybody else's with their functions."""

import json
from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.cloud.stacks import StackFailedError, Stacks, function, trusted_by, zipped

BUCKET_OF_ASSETS = "assets-111122223333"
LOGS = "service-role/AWSLambdaBasicExecutionRole"
ANSWERING = """
import json, urllib.request
def handler(event, context):
    properties = event["ResourceProperties"]
    answer = {"Status": properties.get("Status", "SUCCESS"), "Reason": "because it was asked to",
              "PhysicalResourceId": "made-" + properties["Name"], "Data": {"Kind": event["RequestType"]},
              **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}}
    urllib.request.urlopen(urllib.request.Request(
        event["ResponseURL"], data=json.dumps(answer).encode(), method="PUT"))
"""


@pytest.fixture(scope="module")
def assets(aws: boto3.session.Session) -> Any:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET_OF_ASSETS, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return s3


def cdk_function(**variables: Any) -> dict[str, Any]:
    """Stands in a template as CDK's function does; its code can never run here."""
    return function("require('@aws-sdk/nothing')", Runtime="nodejs24.x", Environment={"Variables": variables})


def custom(type_name: str, **properties: Any) -> dict[str, Any]:
    token = {"Fn::GetAtt": [properties.pop("by", "Provider"), "Arn"]}
    return {"Type": type_name, "Properties": {"ServiceToken": token, **properties}}


def allowed(*actions: str) -> dict[str, Any]:
    role = trusted_by("lambda")
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    role["Properties"]["Policies"] = [{"PolicyName": "grants", "PolicyDocument": document}]
    return role


def by_cdk(*actions: str, **variables: Any) -> dict[str, Any]:
    return {"Role": allowed(*actions), "Provider": cdk_function(**variables)}


def test_the_default_security_group_loses_its_rules(stacks: Stacks, aws: boto3.session.Session) -> None:
    vpc = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}}
    group = {"Fn::GetAtt": ["Vpc", "DefaultSecurityGroup"]}
    restricted = custom("Custom::VpcRestrictDefaultSG", DefaultSecurityGroupId=group, Account="111122223333")
    resources = {**by_cdk("ec2:*"), "Vpc": vpc, "Restricted": restricted}
    group_id = stacks.deploy("restricted", resources, Group=group)["Group"]
    found = aws.client("ec2").describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]
    assert (found["IpPermissions"], found["IpPermissionsEgress"]) == ([], [])


def test_a_cdk_resource_may_do_only_what_its_functions_role_may(stacks: Stacks) -> None:
    vpc = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}}
    group = {"Fn::GetAtt": ["Vpc", "DefaultSecurityGroup"]}
    restricted = custom("Custom::VpcRestrictDefaultSG", DefaultSecurityGroupId=group, Account="111122223333")
    with pytest.raises(StackFailedError, match="not authorized to perform: ec2:RevokeSecurityGroupEgress"):
        stacks.deploy("forbidden", {**by_cdk("s3:*"), "Vpc": vpc, "Restricted": restricted})


def test_a_bucket_with_objects_goes_with_its_stack(stacks: Stacks, aws: boto3.session.Session) -> None:
    tag = {"Key": "aws-cdk:auto-delete-objects", "Value": "true"}
    versions = {"VersioningConfiguration": {"Status": "Enabled"}}
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"Tags": [tag], **versions}}
    emptied = custom("Custom::S3AutoDeleteObjects", BucketName={"Ref": "Bucket"})
    resources = {**by_cdk("s3:*"), "Bucket": bucket, "Emptied": emptied}
    name = stacks.deploy("emptied", resources, Bucket={"Ref": "Bucket"})["Bucket"]
    s3 = aws.client("s3")
    for body in (b"1", b"2"):
        s3.put_object(Bucket=name, Key="kept/for/ever", Body=body)
    stacks.delete("emptied")
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket=name)


def test_files_are_deployed_with_their_markers_replaced_and_pruned(stacks: Stacks, assets: Any) -> None:
    _pack(assets, "one.zip", {"index.html": "<MARK>", "style.css": "a{}", "draft.txt": "no"})
    _pack(assets, "two.zip", {"index.html": "second"})
    bucket = {"Type": "AWS::S3::Bucket"}

    def deployed(key: str) -> dict[str, Any]:
        return custom(
            "Custom::CDKBucketDeployment",
            SourceBucketNames=[BUCKET_OF_ASSETS],
            SourceObjectKeys=[key],
            SourceMarkers=[{"<MARK>": {"Ref": "Bucket"}}],
            DestinationBucketName={"Ref": "Bucket"},
            DestinationBucketKeyPrefix="web",
            Exclude=["draft.txt"],
            SystemMetadata={"cache-control": "max-age=60"},
            Prune=True,
        )

    common = {**by_cdk("s3:*"), "Bucket": bucket}
    name = stacks.deploy("site", {**common, "Site": deployed("one.zip")}, B={"Ref": "Bucket"})["B"]
    page = assets.get_object(Bucket=name, Key="web/index.html")
    assert page["Body"].read().decode() == name
    assert (page["ContentType"], page["CacheControl"]) == ("text/html", "max-age=60")
    assert _keys(assets, name) == ["web/index.html", "web/style.css"]
    stacks.deploy("site", {**common, "Site": deployed("two.zip")}, B={"Ref": "Bucket"})
    assert _keys(assets, name) == ["web/index.html"]


def test_assets_that_are_no_honest_zip_fail_the_deployment_in_words(stacks: Stacks, assets: Any) -> None:
    _pack(assets, "hostile.zip", {"index.html": "x", "../../evil": "x"})
    assets.put_object(Bucket=BUCKET_OF_ASSETS, Key="text.zip", Body=b"no zip file")
    for key, said in (("hostile.zip", "'../../evil' would land outside"), ("text.zip", "not a readable zip")):
        site = custom(
            "Custom::CDKBucketDeployment",
            SourceBucketNames=[BUCKET_OF_ASSETS],
            SourceObjectKeys=[key],
            DestinationBucketName={"Ref": "Bucket"},
        )
        resources = {**by_cdk("s3:*"), "Bucket": {"Type": "AWS::S3::Bucket"}, "Site": site}
        with pytest.raises(StackFailedError, match=said):
            stacks.deploy(f"site-of-{key[:-4]}", resources)


def test_log_retention_makes_the_group_and_bounds_it(stacks: Stacks, aws: boto3.session.Session) -> None:
    kept = custom("Custom::LogRetention", LogGroupName="/kept", RetentionInDays=7)
    stacks.deploy("kept", {**by_cdk("logs:*"), "Kept": kept})
    group = aws.client("logs").describe_log_groups(logGroupNamePrefix="/kept")["logGroups"][0]
    assert group["retentionInDays"] == 7


def test_values_cross_regions_and_are_released(stacks: Stacks, aws: boto3.session.Session) -> None:
    name = "/cdk/exports/Reader/Value"
    written = custom(
        "Custom::CrossRegionExportWriter", WriterProps={"region": "us-east-1", "exports": {name: "shared"}}
    )
    stacks.deploy("writer", {**by_cdk("ssm:*"), "Written": written})
    there = aws.client("ssm", region_name="us-east-1")
    assert there.get_parameter(Name=name)["Parameter"]["Value"] == "shared"
    imports = {"region": "us-east-1", "prefix": "Reader", "imports": {name: "shared"}}
    read = custom("Custom::CrossRegionExportReader", ReaderProps=imports)
    value = {"Fn::GetAtt": ["Read", name]}
    assert stacks.deploy("reader", {**by_cdk("ssm:*"), "Read": read}, Value=value)["Value"] == "shared"
    tags = there.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
    assert [tag["Key"] for tag in tags] == ["aws-cdk:strong-ref:Reader"]
    stacks.delete("reader")
    stacks.delete("writer")
    assert not there.get_parameters(Names=[name])["Parameters"]


def test_an_sdk_call_is_made_and_its_answer_can_be_read(stacks: Stacks, aws: boto3.session.Session) -> None:
    put = {
        "service": "@aws-sdk/client-ssm",
        "action": "PutParameterCommand",
        "parameters": {"Name": "/called", "Value": "by CDK", "Type": "String"},
        "physicalResourceId": {"id": "called"},
    }
    get = {
        "service": "SSM",
        "action": "getParameter",
        "parameters": {"Name": "/called"},
        "physicalResourceId": {"responsePath": "Parameter.ARN"},
        "outputPaths": ["Parameter.Value"],
    }
    gone = {"service": "SSM", "action": "deleteParameter", "parameters": {"Name": "/called"}}
    called = custom("Custom::AWS", Create=json.dumps(put), Delete=json.dumps(gone), InstallLatestAwsSdk=True)
    asked = custom("Custom::Asked", Create=json.dumps(get), InstallLatestAwsSdk=True)
    resources = {**by_cdk("ssm:*"), "Called": called, "Asked": {**asked, "DependsOn": "Called"}}
    value = {"Fn::GetAtt": ["Asked", "Parameter.Value"]}
    answer = stacks.deploy("called", resources, Value=value, Id={"Ref": "Asked"}, Put={"Ref": "Called"})
    arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/called"
    assert answer == {"Value": "by CDK", "Id": arn, "Put": "called"}
    stacks.delete("called")
    assert not aws.client("ssm").get_parameters(Names=["/called"])["Parameters"]


def test_the_provider_framework_calls_the_users_functions(stacks: Stacks) -> None:
    on_event = """
class Refused(Exception): pass
def handler(event, context):
    properties = event["ResourceProperties"]
    if event["RequestType"] == "Create" and properties.get("Refuse"):
        raise Refused("the event said so")
    data = {"From": "event", "Count": properties["Count"]}
    return {"PhysicalResourceId": "own-" + properties["Name"], "Data": data}
"""
    is_complete = """
seen = []
def handler(event, context):
    seen.append(event["PhysicalResourceId"])
    if len(seen) == 1:
        return {"IsComplete": False}
    return {"IsComplete": True, "Data": {"From": event["Data"]["From"] + " and waiting"}}
"""
    resources = {
        "UserRole": trusted_by("lambda", LOGS),
        "OnEvent": function(on_event, role="UserRole"),
        "IsComplete": function(is_complete, role="UserRole"),
        "MachineRole": trusted_by("states"),
        "Waiter": _waiter(),
        **by_cdk(
            "lambda:InvokeFunction",
            USER_ON_EVENT_FUNCTION_ARN={"Fn::GetAtt": ["OnEvent", "Arn"]},
            USER_IS_COMPLETE_FUNCTION_ARN={"Fn::GetAtt": ["IsComplete", "Arn"]},
            WAITER_STATE_MACHINE_ARN={"Ref": "Waiter"},
        ),
    }
    made = custom("Custom::Own", Name="a", Count=3)
    got = {name: {"Fn::GetAtt": ["Made", name]} for name in ("From", "Count")}
    answer = stacks.deploy("framework", {**resources, "Made": made}, Id={"Ref": "Made"}, **got)
    assert answer == {"Id": "own-a", "From": "event and waiting", "Count": "3"}
    refused = custom("AWS::CloudFormation::CustomResource", Name="b", Count=1, Refuse=True)
    with pytest.raises(StackFailedError, match="the event said so"):
        stacks.deploy("framework", {**resources, "Made": made, "Refused": refused}, Id={"Ref": "Made"})


def test_a_users_function_answers_the_response_url(stacks: Stacks) -> None:
    provider = {"Role": trusted_by("lambda", LOGS), "Provider": function(ANSWERING)}
    made = custom("Custom::Answered", Name="one")
    kind = {"Fn::GetAtt": ["Made", "Kind"]}
    answer = stacks.deploy("answered", {**provider, "Made": made}, Id={"Ref": "Made"}, Kind=kind)
    assert answer == {"Id": "made-one", "Kind": "Create"}
    failing = custom("Custom::Answered", Name="two", Status="FAILED")
    with pytest.raises(StackFailedError, match="Failing: because it was asked to"):
        stacks.deploy("answered", {**provider, "Made": made, "Failing": failing})


def test_a_function_that_fails_before_it_answers_fails_the_stack_at_once(stacks: Stacks) -> None:
    code = "def handler(event, context):\n    raise LookupError('no such thing')"
    provider = {"Role": trusted_by("lambda", LOGS), "Provider": function(code)}
    with pytest.raises(StackFailedError, match=r"without a response .* LookupError: no such thing"):
        stacks.deploy("unanswered", {**provider, "Made": custom("Custom::Broken")})


def _waiter() -> dict[str, Any]:
    retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 1}
    task = {"Type": "Task", "Resource": "arn:x", "Retry": [retry], "End": True}
    definition = {"StartAt": "poll", "States": {"poll": task}}
    role = {"Fn::GetAtt": ["MachineRole", "Arn"]}
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {"DefinitionString": json.dumps(definition), "RoleArn": role},
    }


def _pack(s3: Any, key: str, files: Mapping[str, str]) -> None:
    s3.put_object(Bucket=BUCKET_OF_ASSETS, Key=key, Body=zipped(files))


def _keys(s3: Any, bucket: str) -> list[str]:
    return [found["Key"] for found in s3.list_objects_v2(Bucket=bucket)["Contents"]]
