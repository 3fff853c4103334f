"""Which pushes and pull requests start something, and what happens to executions that meet."""

from dataclasses import replace
from pathlib import Path

import pytest

from config.words import ExecutionMode
from tests.delivery.pipeline.conftest import Assembly, pipeline_config, synthesise


def test_a_push_to_the_branch_starts_the_delivery(one_account: Assembly) -> None:
    (trigger,) = one_account.pipeline()["Triggers"]
    git = trigger["GitConfiguration"]
    assert git["SourceActionName"] in one_account.actions("Source")
    assert git["Push"] == [{"Branches": {"Includes": ["main"]}}]


def test_path_filters_narrow_both_pipelines(tmp_path: Path) -> None:
    config = replace(pipeline_config(), include_paths=("stacks/**",), exclude_paths=("**/*.md",))
    assembly = synthesise(config, tmp_path)
    paths = {"Includes": ["stacks/**"], "Excludes": ["**/*.md"]}
    (push,) = assembly.pipeline()["Triggers"][0]["GitConfiguration"]["Push"]
    (request,) = assembly.pipeline("acme-checks")["Triggers"][0]["GitConfiguration"]["PullRequest"]
    assert push["FilePaths"] == request["FilePaths"] == paths


def test_pull_requests_start_the_checks_only(one_account: Assembly) -> None:
    (trigger,) = one_account.pipeline("acme-checks")["Triggers"]
    (request,) = trigger["GitConfiguration"]["PullRequest"]
    assert request == {"Branches": {"Includes": ["main"]}, "Events": ["OPEN", "UPDATED"]}
    assert "PullRequest" not in one_account.pipeline()["Triggers"][0]["GitConfiguration"]
    assert "Push" not in trigger["GitConfiguration"]


@pytest.mark.parametrize("mode", ["QUEUED", "SUPERSEDED"])
def test_the_execution_mode_is_the_configured_one(tmp_path: Path, mode: ExecutionMode) -> None:
    assembly = synthesise(replace(pipeline_config(), execution_mode=mode), tmp_path)
    assert assembly.pipeline()["ExecutionMode"] == mode
    assert assembly.pipeline()["PipelineType"] == "V2"


def test_without_a_connection_the_stack_makes_one_and_says_what_to_do(tmp_path: Path) -> None:
    assembly = synthesise(replace(pipeline_config(), connection_arn=None), tmp_path)
    (connection,) = assembly.resources("AWS::CodeConnections::Connection").values()
    assert connection["ProviderType"] == "GitHub"
    assert "Update pending connection" in assembly.template["Outputs"]["ConnectionArn"]["Description"]


def test_with_a_connection_the_stack_makes_none(one_account: Assembly) -> None:
    assert one_account.resources("AWS::CodeConnections::Connection") == {}


def test_two_pipelines_of_one_delivery_never_share_a_name(tmp_path: Path) -> None:
    first = synthesise(pipeline_config(), tmp_path / "first")
    second = synthesise(replace(pipeline_config(), name="data"), tmp_path / "second")
    names = [
        {item["Name"] for item in assembly.resources("AWS::CodePipeline::Pipeline").values()}
        for assembly in (first, second)
    ]
    assert names == [{"acme", "acme-checks"}, {"acme-data", "acme-data-checks"}]
    stages = second.stages("acme-data")
    assert stages["Data-Prod"]["OnFailure"] == {"Result": "ROLLBACK"}
    assert "Bake" in [action["Name"] for action in stages["Data-Prod"]["Actions"]]
