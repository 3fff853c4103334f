"""What the plan reads: assemblies, templates written by hand, CloudFormation's functions."""

from pathlib import Path
from typing import Any

import pytest

from rehearsal.cdk.assembly import AssemblyError
from rehearsal.planning.intrinsics import Template
from rehearsal.planning.pipelines import read_pipelines


def test_an_assembly_gives_the_pipeline_with_its_functions_resolved(assembly: Path) -> None:
    [planned] = read_pipelines(assembly)
    pipeline = planned.pipeline
    assert (planned.stack, pipeline.account, pipeline.region) == ("delivery", "123456789012", "eu-west-1")
    assert pipeline.role_arn == "arn:aws:iam::123456789012:role/Role"
    source = pipeline.stages[0].actions[0].configuration
    assert source["BranchName"] == "trunk"
    assert source["ConnectionArn"] == "arn:aws:codeconnections:eu-west-1:1:connection/1"
    assert pipeline.stages[2].actions[1].role_arn == "arn:aws:iam::123456789012:role/some-role"
    assert pipeline.restart_on_update


def test_a_template_written_by_hand_may_be_yaml_with_short_forms(tmp_path: Path) -> None:
    file = tmp_path / "hand.yaml"
    file.write_text(
        """
Conditions:
  IsBig: !Equals [!Ref AWS::Region, us-east-1]
Resources:
  Role: {Type: AWS::IAM::Role}
  Pipeline:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      RoleArn: !GetAtt Role.Arn
      ArtifactStore: {Type: S3, Location: !Sub 'artifacts-${AWS::AccountId}'}
      Stages:
        - Name: Source
          Actions:
            - Name: Code
              ActionTypeId: {Category: Source, Owner: AWS, Provider: CodeCommit, Version: 1}
              Configuration:
                RepositoryName: !If [IsBig, big, small]
                BranchName: main
              OutputArtifacts: [{Name: S}]
        - Name: Ask
          Actions:
            - Name: Person
              ActionTypeId: {Category: Approval, Owner: AWS, Provider: Manual, Version: 1}
"""
    )
    [planned] = read_pipelines(file)
    assert planned.pipeline.name == "hand-Pipeline"
    assert planned.pipeline.stages[0].actions[0].configuration["RepositoryName"] == "big"
    assert planned.pipeline.artifact_stores["us-east-1"].bucket == "artifacts-000000000000"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Fn::Join": ["-", ["a", {"Ref": "AWS::Region"}]]}, "a-eu-west-1"),
        ({"Fn::Select": [1, {"Fn::Split": ["/", "a/b"]}]}, "b"),
        ({"Fn::Sub": ["${X}/${Y.Arn}/${!Z}", {"X": {"Ref": "Queue"}}]}, "Queue/Y.Arn/${Z}"),
        ({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "k"]}, "v"),
        ({"Fn::FindInMap": ["M", "other", "k"]}, "FindInMap(M, other, k)"),
        ({"Fn::If": ["No", 1, {"Ref": "AWS::NoValue"}]}, None),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}, 1]}, {"b": [1]}),
        ({"Fn::GetAZs": ""}, "GetAZs()"),
        ({"Fn::And": [{"Fn::Not": [{"Condition": "No"}]}, {"Fn::Or": [True, False]}]}, True),
    ],
)
def test_functions_become_readable(value: Any, expected: Any) -> None:
    body = {
        "Mappings": {"M": {"eu-west-1": {"k": "v"}}},
        "Conditions": {"No": {"Fn::Equals": [{"Ref": "AWS::AccountId"}, "x"]}},
    }
    found = Template(body=body, stack="s", account="1", region="eu-west-1").resolve({"it": value})
    assert found.get("it") == expected


def test_nothing_to_plan_is_said(tmp_path: Path) -> None:
    with pytest.raises(AssemblyError, match="no synthesised assembly"):
        read_pipelines(tmp_path)
    (tmp_path / "manifest.json").write_text('{"artifacts": {}}')
    with pytest.raises(AssemblyError, match="holds no AWS::CodePipeline::Pipeline"):
        read_pipelines(tmp_path)
    bad = tmp_path / "bad.json"
    bad.write_text("{]")
    with pytest.raises(AssemblyError, match="neither JSON nor YAML"):
        read_pipelines(bad)
