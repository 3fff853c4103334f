"""The template of a small pipeline, as a CDK app would write it."""

from collections.abc import Mapping
from typing import Any

_EVERYTHING = {
    "PolicyName": "all",
    "PolicyDocument": {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    },
}


def template(stages: Mapping[str, list[dict[str, Any]]], *, region: str = "us-east-1") -> dict[str, Any]:
    """A source, then these stages."""
    source = {
        "ConnectionArn": f"arn:aws:codeconnections:{region}:000000000000:connection/one",
        "FullRepositoryId": "example/small",
        "BranchName": "main",
    }
    first = action("Code", "Source", "CodeStarSourceConnection", source, outputs=["Code"])
    return {
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": _role()},
            "Bucket": {"Type": "AWS::S3::Bucket"},
            "Pipeline": {
                "Type": "AWS::CodePipeline::Pipeline",
                "Properties": {
                    "Name": "small",
                    "PipelineType": "V2",
                    "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                    "ArtifactStore": {"Type": "S3", "Location": {"Ref": "Bucket"}},
                    "Stages": [
                        {"Name": name, "Actions": actions}
                        for name, actions in {"Source": [first], **stages}.items()
                    ],
                },
            },
        }
    }


def action(
    name: str,
    category: str,
    provider: str,
    configuration: Mapping[str, Any],
    *,
    outputs: list[str] | None = None,
    inputs: list[str] | None = None,
) -> dict[str, Any]:
    kind = {"Category": category, "Owner": "AWS", "Provider": provider, "Version": "1"}
    return {
        "Name": name,
        "ActionTypeId": kind,
        "Configuration": configuration,
        "OutputArtifacts": [{"Name": output} for output in outputs or []],
        "InputArtifacts": [{"Name": given} for given in inputs or []],
    }


def approval(name: str) -> dict[str, Any]:
    return action(name, "Approval", "Manual", {})


def _role() -> dict[str, Any]:
    services = ["codepipeline.amazonaws.com", "codebuild.amazonaws.com"]
    trusts = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
    return {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trusts]},
        "Policies": [_EVERYTHING],
    }
