"""A pipeline in a template, for the tests of the plan."""

from collections.abc import Mapping
from typing import Any


def action(
    name: str, category: str, provider: str, configuration: Mapping[str, Any], order: int = 1, **more: Any
) -> dict[str, Any]:
    kind = {"Category": category, "Owner": "AWS", "Provider": provider, "Version": "1"}
    return {
        "Name": name, "ActionTypeId": kind, "Configuration": configuration, "RunOrder": order, **more,
    }  # fmt: skip


def build(name: str, order: int = 1, *, project: str = "Project", **more: Any) -> dict[str, Any]:
    configuration = {"ProjectName": {"Ref": project}}
    return action(name, "Build", "CodeBuild", configuration, order, InputArtifacts=[{"Name": "S"}], **more)


def template() -> dict[str, Any]:
    source = {
        "ConnectionArn": {"Fn::Sub": "arn:aws:codeconnections:${AWS::Region}:1:connection/1"},
        "FullRepositoryId": "acme/demo",
        "BranchName": {"Ref": "Branch"},
        "DetectChanges": True,
    }
    rule = {
        "Name": "Healthy",
        "RuleTypeId": {"Category": "Rule", "Owner": "AWS", "Provider": "CloudWatchAlarm"},
        "Configuration": {"AlarmName": "demo-health", "WaitTime": "5"},
    }
    stages = [
        {
            "Name": "Source",
            "Actions": [
                action("App", "Source", "CodeStarSourceConnection", source, OutputArtifacts=[{"Name": "S"}])
            ],
        },
        {
            "Name": "Build",
            "Actions": [
                build("Fast", OutputArtifacts=[{"Name": "F"}], Namespace="Fast"),
                build("Arm", project="Arm", OutputArtifacts=[{"Name": "A"}]),
                build("Then", 2),
                build("Also", 2),
            ],
        },
        {
            "Name": "Prod",
            "Actions": [
                action("Approve", "Approval", "Manual", {"CustomData": 'say "yes" #now'}),
                action(
                    "Deploy.Prepare",
                    "Deploy",
                    "CloudFormation",
                    {"ActionMode": "CHANGE_SET_REPLACE", "StackName": "Prod-App", "RoleArn": {"Ref": "Role"}},
                    2,
                    RoleArn={"Fn::ImportValue": "some-role"},
                ),
            ],
            "OnFailure": {"Result": "ROLLBACK"},
            "OnSuccess": {"Conditions": [{"Result": "ROLLBACK", "Rules": [rule]}]},
        },
    ]
    pipeline = {
        "Name": "demo",
        "PipelineType": "V2",
        "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        "ArtifactStore": {"Type": "S3", "Location": {"Ref": "Bucket"}},
        "Stages": stages,
        "RestartExecutionOnUpdate": True,
        "Tags": [{"Key": "team", "Value": "red"}],
    }
    return {
        "Parameters": {"Branch": {"Type": "String", "Default": "trunk"}},
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {}},
            "Bucket": {"Type": "AWS::S3::Bucket"},
            "Project": {"Type": "AWS::CodeBuild::Project", "Properties": {}},
            "Arm": {
                "Type": "AWS::CodeBuild::Project",
                "Properties": {"Environment": {"Type": "ARM_CONTAINER"}},
            },
            "Pipeline": {"Type": "AWS::CodePipeline::Pipeline", "Properties": pipeline},
        },
    }
