"""T-RUST-1: a clone can deploy its pipeline before it compiles anything; no placeholder goes further."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from blocks.function_assets import NotBuiltError, StaleAssetError
from blocks.placeholder import FOLDER, PARAMETER, PlaceholderError, function_code
from tests.delivery.checkout import synthesise
from tests.delivery.conftest import Clone

FUNCTIONS = {"AWS::Lambda::Function", "AWS::BedrockAgentCore::Runtime"}
CHOSEN = {"functions": "placeholder"}
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def unbuilt(unbuilt_clone: Clone) -> Path:
    return unbuilt_clone.assembly


def _templates(assembly: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for file in assembly.rglob("*.template.json"):
        yield file.name, json.loads(file.read_text(encoding="utf-8"))


def _with_functions(assembly: Path) -> set[str]:
    return {
        name
        for name, template in _templates(assembly)
        if FUNCTIONS & {resource["Type"] for resource in template["Resources"].values()}
    }


def test_a_synth_of_a_fresh_clone_says_what_to_run(unbuilt_clone: Clone, tmp_path: Path) -> None:
    """Nothing has to be said for it, and every file is the same as where placeholders were asked for."""
    done = synthesise(unbuilt_clone.root, tmp_path / "unsaid")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    [warning] = [line for line in done.stderr.splitlines() if line.startswith("warning: functions")]
    assert "no environment can be deployed from this synth" in warning
    assert warning.endswith("To build them: make build-lambdas")
    assert dict(_templates(tmp_path / "unsaid")) == dict(_templates(unbuilt_clone.assembly))


def test_a_build_of_a_fresh_clone_refuses_to_go_on(unbuilt_clone: Clone, tmp_path: Path) -> None:
    build = {"CODEBUILD_BUILD_ID": "synth:1"}
    done = synthesise(unbuilt_clone.root, tmp_path / "nothing", environment=build)
    assert done.returncode == 1
    assert done.stderr.strip().endswith(
        "is not built (build/functions/cloud/second_brain_migrator); run: make build-lambdas"
    )


def test_the_pipelines_stack_is_the_same_without_functions(unbuilt: Path, built_assembly: Path) -> None:
    """So a pipeline that was deployed before anything was built does not have to mutate itself."""
    name = "pipeline.template.json"
    assert (unbuilt / name).read_bytes() == (built_assembly / name).read_bytes()


def test_no_stack_with_a_placeholder_can_be_deployed(unbuilt: Path) -> None:
    refused = {
        name
        for name, template in _templates(unbuilt)
        if "Default" not in template.get("Parameters", {}).get(PARAMETER, {"Default": "none"})
    }
    assert refused == _with_functions(unbuilt)
    assert len(refused) == 24


def test_what_is_built_can_be_deployed(built_assembly: Path) -> None:
    with_parameter = [
        name for name, template in _templates(built_assembly) if PARAMETER in template.get("Parameters", {})
    ]
    assert with_parameter == []


def test_without_the_choice_the_built_function_is_taken() -> None:
    assert function_code(Stack(App(), "Stack"), lambda: HERE) == HERE


def test_a_stack_of_several_placeholders_is_refused_once() -> None:
    stack = Stack(App(context=CHOSEN), "Stack")
    assert function_code(stack, lambda: HERE) == function_code(stack, lambda: HERE) == FOLDER


def test_a_function_that_was_never_built_gets_a_placeholder_outside_of_builds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> Path:
        raise NotBuiltError("it is not built")

    monkeypatch.delenv("CODEBUILD_BUILD_ID", raising=False)
    stack = Stack(App(), "Stack")
    assert function_code(stack, missing) == function_code(stack, missing) == FOLDER
    assert capsys.readouterr().err.count("warning: functions are not built") == 1
    parameter = Template.from_stack(stack).to_json()["Parameters"][PARAMETER]
    assert "Default" not in parameter
    assert not any(re.fullmatch(parameter["AllowedPattern"], value) for value in ("", "yes", "\n", "a b"))
    monkeypatch.setenv("CODEBUILD_BUILD_ID", "synth:1")
    with pytest.raises(NotBuiltError):
        function_code(Stack(App(), "Stack"), missing)


def test_a_function_that_is_out_of_date_is_no_look() -> None:
    def stale() -> Path:
        raise StaleAssetError("it is out of date")

    with pytest.raises(StaleAssetError):
        function_code(Stack(App(), "Stack"), stale)


def test_a_build_delivers_and_refuses_placeholders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEBUILD_BUILD_ID", "synth:1")
    with pytest.raises(PlaceholderError, match="this build delivers what it synthesises"):
        function_code(Stack(App(context=CHOSEN), "Stack"), lambda: HERE)


def test_another_word_is_refused() -> None:
    with pytest.raises(PlaceholderError, match="-c functions=no: say functions=placeholder, or nothing"):
        function_code(Stack(App(context={"functions": "no"}), "Stack"), lambda: HERE)
