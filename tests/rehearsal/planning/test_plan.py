"""`slipway plan` on real assemblies and templates: what it reads, what it estimates, what it prints."""

import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from rehearsal.cli.exits import Exit
from rehearsal.cli.plan import plan
from rehearsal.cli.problems import Problem
from rehearsal.planning.assembly import AssemblyError, read_pipelines
from rehearsal.planning.estimate import estimate
from rehearsal.planning.graph import mermaid
from rehearsal.planning.intrinsics import Template
from rehearsal.planning.timings import SHIPPED, TimingsError, load_timings
from rehearsal.planning.tree import tree

NODE = re.compile(r'p\d+\w*(\(\[|\{\{|\[/|\[|>|\(\()"[^"]*"(\]\)|\}\}|/\]|\]|\)\))(:::\w+)?')
EDGE = re.compile(r"p\d+\w+( & p\d+\w+)* --> p\d+\w+( & p\d+\w+)*")


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


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "demo.template.json"
    path.write_text(json.dumps(template()))
    return path


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    folder = tmp_path / "cdk.out"
    folder.mkdir()
    (folder / "demo.template.json").write_text(json.dumps(template()))
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://123456789012/eu-west-1",
        "displayName": "delivery",
        "properties": {"templateFile": "demo.template.json"},
    }
    (folder / "manifest.json").write_text(json.dumps({"version": "55.0.0", "artifacts": {"demo": stack}}))
    return folder


def run(*arguments: str) -> tuple[int, str, Exception | None]:
    app = typer.Typer()
    app.command()(plan)
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, done.output, done.exception if isinstance(done.exception, Problem) else None


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


def test_the_critical_path_takes_the_slowest_of_each_group_and_the_bake(file: Path) -> None:
    [planned] = read_pipelines(file)
    estimated = estimate(planned, load_timings())
    assert [(step.stage, step.action) for step in estimated.critical] == [
        ("Source", "App"), ("Build", "Fast"), ("Build", "Then"),
        ("Prod", "Approve"), ("Prod", "Deploy.Prepare"), ("Prod", ""),
    ]  # fmt: skip
    bake = estimated.critical[-1].estimate
    assert (bake.total.typical, bake.overhead.typical) == (300, 0)
    assert estimated.asks_people
    assert estimated.total.typical == pytest.approx(5.5 + 2 * 59.5 + 0 + 11.5 + 300)
    assert estimated.overhead.typical == pytest.approx(1.5 + 2 * 14.5 + 1.5)
    assert estimated.overhead_share == pytest.approx(32 / 436)


def test_arm_machines_and_own_figures_count(file: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    text = SHIPPED.read_text().replace("[actions]", '[actions]\n"Build/T*" = { typical = 500, slow = 600 }')
    own.write_text(text)
    [planned] = read_pipelines(file)
    estimated = estimate(planned, load_timings(own))
    assert estimated.actions["Build", "Arm"].overhead.slow == 2 + 60 + 180
    assert estimated.actions["Build", "Fast"].overhead.slow == 2 + 60 + 35
    assert estimated.actions["Build", "Then"].work.typical == 500
    assert estimated.is_critical(planned.pipeline.stages[1], planned.pipeline.stages[1].actions[2])


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("dispatch = {", "despatch = {", "overhead.dispatch", "Field required"),
        ("typical = 1.5, slow = 2", "typical = -1, slow = 2", "overhead.dispatch.typical", "greater than"),
        ("typical = 1.5, slow = 2", "typical = 3, slow = 2", "overhead.dispatch", "less than typical"),
        ("typical = 1.5, slow = 2", 'typical = "x", slow = 2', "overhead.dispatch.typical", "valid number"),
        ("default = {", "other = {", "the file", "no entry 'default'"),
        ("[work.change_set]", "[works]", "works", "Extra inputs are not permitted"),
        ("[overhead]", "[overhead", "is not TOML", ""),
    ],
)
def test_a_wrong_timing_file_names_file_key_and_reason(
    tmp_path: Path, old: str, new: str, key: str, reason: str
) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(SHIPPED.read_text().replace(old, new, 1))
    with pytest.raises(TimingsError) as refused:
        load_timings(wrong)
    assert all(word in str(refused.value) for word in (str(wrong), key, reason))


def test_the_graph_is_well_formed_whatever_the_names_hold(file: Path) -> None:
    planned = read_pipelines(file)
    lines = mermaid([(found, estimate(found, load_timings())) for found in planned]).splitlines()
    assert lines[0] == "flowchart TB"
    assert lines.count("end") == sum(line.startswith("subgraph ") for line in lines)
    for line in lines[1:]:
        if not line.startswith(("subgraph ", "end", "classDef ")):
            assert NODE.fullmatch(line) or EDGE.fullmatch(line), line
    assert 'p0j1((" ")):::join' in lines
    assert "p0s1g0a0 & p0s1g0a1 --> p0j1" in lines
    assert "p0j1 --> p0s1g1a0 & p0s1g1a1" in lines


def test_the_tree_tells_order_parallelism_artifacts_and_time(file: Path) -> None:
    console = Console(width=160, record=True, file=io.StringIO())
    for planned in read_pipelines(file):
        console.print(tree(planned, estimate(planned, load_timings())))
    text = console.export_text()
    for words in (
        "demo  V2, superseded  restarts when it changes itself",
        "◆ App  CodeStarSourceConnection  acme/demo@trunk  → S  6 s",
        "2 at the same time",
        "◆ Fast  CodeBuild  Project  S → F, #{Fast}  1 min",
        "◆ Approve  Manual  waits for a person",
        "change set replace Prod-App",
        "on success: CloudWatchAlarm demo-health for 5 min, else ROLLBACK",
        "on failure: ROLLBACK",
        "and the time that people take to approve; overhead 32 s (7%)",
        "Prod/bake",
    ):
        assert words in text


def test_the_command_prints_json_for_programs(assembly: Path) -> None:
    code, output, _ = run(str(assembly), "--json")
    assert code == 0
    [found] = json.loads(output)["pipelines"]
    assert found["critical_path"]["overhead_share"] == pytest.approx(0.073)
    assert [[item["name"] for item in group] for group in found["stages"][1]["groups"]] == [
        ["Fast", "Arm"], ["Then", "Also"],
    ]  # fmt: skip
    assert found["stages"][1]["groups"][0][0]["outputs"] == ["F"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing-folder",), "missing-folder does not exist"),
        (("{assembly}", "--pipeline", "other"), "there is no pipeline 'other'"),
        (("{assembly}", "--timings", "nowhere.toml"), "nowhere.toml does not exist"),
        (("{assembly}", "--json", "--graph", "mermaid"), "exclude each other"),
    ],
)
def test_mistakes_on_the_command_line_are_named(
    assembly: Path, arguments: tuple[str, ...], message: str
) -> None:
    _, _, problem = run(*(argument.format(assembly=assembly) for argument in arguments))
    assert isinstance(problem, Problem)
    assert message in str(problem)
    assert problem.exit_code is Exit.USAGE


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


def test_a_pipeline_that_codepipeline_would_refuse_is_refused_here_too(assembly: Path) -> None:
    body = template()
    body["Resources"]["Pipeline"]["Properties"]["Stages"].pop()
    body["Resources"]["Pipeline"]["Properties"]["Stages"].pop()
    (assembly / "demo.template.json").write_text(json.dumps(body))
    _, _, problem = run(str(assembly))
    assert "CodePipeline would refuse the pipeline" in str(problem)


def test_a_missing_assembly_is_synthesised_and_a_failure_is_shown(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    _, _, problem = run("--project", str(project))
    assert "has no cdk.json" in str(problem)
    (project / "cdk.json").write_text('{"app": "echo the app is broken; exit 3"}')
    (project / "node_modules").symlink_to(Path(__file__).parents[3] / "node_modules")
    _, _, problem = run("--project", str(project))
    assert "`npx cdk synth" in str(problem)
    assert "the app is broken" in str(problem)


def test_a_missing_assembly_is_synthesised_by_the_projects_own_app(assembly: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    manifest = json.loads((assembly / "manifest.json").read_text())
    (assembly / "manifest.json").write_text(json.dumps({**manifest, "version": "36.0.0"}))
    (project / "cdk.json").write_text(json.dumps({"app": f"cp {assembly}/* $CDK_OUTDIR/"}))
    (project / "node_modules").symlink_to(Path(__file__).parents[3] / "node_modules")
    code, output, _ = run("--project", str(project), "--graph", "mermaid")
    assert code == 0, output
    assert 'subgraph p0["demo: about 7 min 16 s, 7% overhead"]' in output
    assert (project / "cdk.out" / "manifest.json").exists()
