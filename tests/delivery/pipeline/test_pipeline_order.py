"""What runs when: stages, what is parallel inside them, and what an execution never reaches."""

import json
import re

import pytest

from tests.delivery.pipeline.conftest import PROJECT, Assembly


def test_stages_come_in_order(one_account: Assembly) -> None:
    assert list(one_account.stages()) == [
        "Source",
        "Build",
        "UpdatePipeline",
        "Assets",
        "Dev",
        "Staging",
        "ApproveProd",
        "Prod",
    ]


def test_rust_and_python_run_together_and_synthesis_after_both(one_account: Assembly) -> None:
    assert one_account.order("Build") == {"Python": 1, "Rust": 1, "Synth": 2}


def test_synthesis_is_fed_by_what_rust_built(one_account: Assembly) -> None:
    build = one_account.actions("Build")
    (built,) = build["Rust"]["OutputArtifacts"]
    assert built in build["Synth"]["InputArtifacts"]


def test_independent_stacks_deploy_together(one_account: Assembly) -> None:
    order = one_account.order("Prod")
    together = {
        "EnvironmentAccess.Deploy",
        "JournalStore.Deploy",
        "LedgerQueues.Deploy",
        "LedgerStore.Deploy",
    }
    assert {name for name, place in order.items() if place == 1} == together
    assert order["LedgerApi.Deploy"] == 2


def test_an_environment_ends_with_the_smoke_tests_of_each_application(one_account: Assembly) -> None:
    order = one_account.order("Dev")
    last = max(order.values())
    assert {name for name, place in order.items() if place == last} == {"Smoke-journal", "Smoke-ledger"}


def test_outputs_reach_the_smoke_tests_of_their_own_application(one_account: Assembly) -> None:
    def variables(action: str) -> dict[str, str]:
        written = one_account.actions("Dev")[action]["Configuration"]["EnvironmentVariables"]
        return {item["name"]: item["value"] for item in json.loads(written)}

    assert set(variables("Smoke-ledger")) >= {"TABLE", "FUNCTION"}
    assert "JournalStore" in variables("Smoke-journal")["TABLE"]
    assert "LedgerStore" in variables("Smoke-ledger")["TABLE"]


def _modes(assembly: Assembly, stage: str) -> set[str]:
    return {
        action["Configuration"]["ActionMode"]
        for action in assembly.actions(stage).values()
        if action["ActionTypeId"]["Provider"] == "CloudFormation"
    }


@pytest.mark.parametrize("stage", ["Staging", "Prod"])
def test_a_retry_needs_no_change_set_and_replaces_nothing_that_is_kept(
    one_account: Assembly, stage: str
) -> None:
    assert _modes(one_account, stage) == {"CREATE_UPDATE"}


def test_a_retry_replaces_a_failed_stack_where_nothing_is_kept(one_account: Assembly) -> None:
    assert _modes(one_account, "Dev") == {"REPLACE_ON_FAILURE"}


def test_the_role_that_deploys_may_delete_a_failed_stack() -> None:
    """As the pinned CLI bootstraps it; its template has CloudFormation's own tags, which are of no matter."""
    template = PROJECT / "node_modules/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml"
    role = template.read_text(encoding="utf-8").partition("  DeploymentActionRole:")[2]
    (allowed,) = re.findall(r"- Sid: CliPermissions\n(.*?)- Sid:", role, re.DOTALL)
    assert "- cloudformation:DeleteStack" in allowed
    assert 'Resource: "*"' in allowed


def test_the_pipeline_updates_itself_before_anything_is_deployed(one_account: Assembly) -> None:
    (mutate,) = one_account.actions("UpdatePipeline").values()
    build_spec = one_account.project(mutate)["Source"]["BuildSpec"]
    assert "cdk -a . deploy pipeline" in build_spec
    assert one_account.pipeline()["RestartExecutionOnUpdate"] is True


def test_self_mutation_and_publishing_use_the_pinned_cli(one_account: Assembly) -> None:
    from pipeline.publisher import cli_version

    for stage in ("UpdatePipeline", "Assets"):
        (action,) = one_account.actions(stage).values()
        assert f"aws-cdk@{cli_version()}" in one_account.project(action)["Source"]["BuildSpec"]


def test_one_publisher_publishes_every_asset(one_account: Assembly) -> None:
    (action,) = one_account.actions("Assets").values()
    assert "cdk publish-assets" in one_account.project(action)["Source"]["BuildSpec"]


@pytest.mark.parametrize("stage", ["Build", "Dev", "ApproveProd"])
def test_builds_run_scripts_of_the_repository(one_account: Assembly, stage: str) -> None:
    for action in one_account.actions(stage).values():
        if action["ActionTypeId"]["Provider"] == "CodeBuild":
            build_spec = json.loads(one_account.project(action)["Source"]["BuildSpec"])
            script = build_spec["phases"]["build"]["commands"][0].split()[1]
            assert script.startswith("pipeline/steps/")


def test_tests_leave_junit_reports(one_account: Assembly) -> None:
    for stage, name in (("Build", "Python"), ("Dev", "Smoke-ledger"), ("Prod", "Smoke-journal")):
        build_spec = json.loads(one_account.project(one_account.actions(stage)[name])["Source"]["BuildSpec"])
        assert build_spec["reports"]["tests"]["file-format"] == "JUNITXML"


def test_cargo_and_tool_caches_are_kept(one_account: Assembly) -> None:
    project = one_account.project(one_account.actions("Build")["Rust"])
    paths = json.loads(project["Source"]["BuildSpec"])["cache"]["paths"]
    assert {"build/cache/cargo/**/*", "lambdas/target/aarch64-unknown-linux-gnu/**/*"} <= set(paths)
    assert project["Cache"] == {"Type": "LOCAL", "Modes": ["LOCAL_CUSTOM_CACHE"]}
