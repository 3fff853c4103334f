"""Which commands run after which end, and how the log and the phases tell it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from rehearsal.builds.running.shell import BuildInterruptedError
from tests.patience import until
from tests.unconfined import without_bubblewrap

if TYPE_CHECKING:
    from tests.rehearsal.builds.conftest import Bench

DONE = "SUCCEEDED"


def phases(**commands: str) -> str:
    """A buildspec of one-line phases; `FAILURE|command` sets the phase's on-failure."""
    lines = ["version: 0.2", "phases:"]
    for name, text in commands.items():
        on_failure, _, command = text.rpartition("|")
        lines += [f"  {name}:", *([f"    on-failure: {on_failure}"] if on_failure else [])]
        lines += ["    commands:", f"      - {command}"]
    return "\n".join(lines)


def test_all_phases_in_order(bench: Bench) -> None:
    result = bench.run(phases(post_build="echo 4", build="echo 3", pre_build="echo 2", install="echo 1"))
    assert result.succeeded
    assert bench.output == ["1", "2", "3", "4"]
    assert bench.statuses == dict.fromkeys(
        ("INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS"), DONE
    )
    assert bench.said[:4] == [
        "Entering phase INSTALL",
        "Running command echo 1",
        "Phase complete: INSTALL State: SUCCEEDED",
        "Phase context status code:  Message: ",
    ]


@pytest.mark.parametrize("phase", ["install", "pre_build"])
def test_an_early_failure_ends_the_build(bench: Bench, phase: str) -> None:
    result = bench.run(phases(**{phase: "exit 3"}, build="echo built", post_build="echo after"))
    assert not result.succeeded
    assert bench.output == []
    assert bench.statuses[phase.upper()] == "FAILED"
    assert "BUILD" not in bench.statuses
    assert bench.trail.failure
    assert bench.trail.failure.code == "COMMAND_EXECUTION_ERROR"
    assert bench.trail.failure.message == "Error while executing command: exit 3. Reason: exit status 3"
    assert f"Phase complete: {phase.upper()} State: FAILED_WITH_ABORT" in bench.said


def test_post_build_runs_after_a_failed_build_and_artifacts_are_packed(bench: Bench) -> None:
    spec = phases(build="echo > made; false", post_build="echo $CODEBUILD_BUILD_SUCCEEDING")
    result = bench.run(f"{spec}\nartifacts: {{files: made}}")
    assert not result.succeeded
    assert bench.output == ["0"]
    assert set(result.artifacts) == {""}
    assert bench.statuses["POST_BUILD"] == DONE


def test_a_failed_post_build_fails_the_build(bench: Bench) -> None:
    result = bench.run(phases(build="echo $CODEBUILD_BUILD_SUCCEEDING", post_build="false"))
    assert not result.succeeded
    assert bench.output == ["1"]
    assert bench.statuses["UPLOAD_ARTIFACTS"] == DONE


def test_continue_goes_on_and_lets_the_build_succeed(bench: Bench) -> None:
    result = bench.run(phases(install="CONTINUE|false", build="echo $CODEBUILD_BUILD_SUCCEEDING"))
    assert result.succeeded
    assert bench.output == ["0"]
    assert bench.statuses["INSTALL"] == "FAILED"
    assert bench.trail.failure is None


def test_abort_skips_post_build_and_artifacts(bench: Bench) -> None:
    result = bench.run(phases(build="ABORT|false", post_build="echo after"))
    assert not result.succeeded
    assert bench.output == []
    assert "UPLOAD_ARTIFACTS" not in bench.statuses


def test_retry_runs_the_phase_again_while_the_message_matches(bench: Bench) -> None:
    flaky = "echo x >> tries; test $(wc -l < tries) -ge 3"
    assert bench.run(phases(build=f"RETRY-4|{flaky}")).succeeded
    assert bench.statuses["BUILD"] == DONE
    assert not bench.run(phases(build=f"RETRY-1|{flaky}")).succeeded
    assert not bench.run(phases(build=f"RETRY-4-no such words|{flaky}")).succeeded


FINALLY = """
version: 0.2
phases:
  build:
    commands: [echo one, {middle}, echo three]
    finally: [echo tidy, {last}]
"""


@pytest.mark.parametrize(
    ("middle", "last", "succeeded", "output"),
    [
        ("echo two", "true", True, ["one", "two", "three", "tidy"]),
        ("exit 4", "true", False, ["one", "tidy"]),
        ("true", "exit 5", False, ["one", "three", "tidy"]),
    ],
)
def test_finally(bench: Bench, middle: str, last: str, succeeded: bool, output: list[str]) -> None:
    assert bench.run(FINALLY.format(middle=middle, last=last)).succeeded is succeeded
    assert bench.output == output


def test_exported_variables(bench: Bench) -> None:
    spec = """
version: 0.2
env:
  variables: {GIVEN: from spec}
  exported-variables: [GIVEN, MADE, LINES, UNSET, TOKEN, AWS_REGION]
phases:
  build:
    commands:
      - export MADE="it's \\"quoted\\""
      - LINES=$(printf 'one\\ntwo')
      - exit 0
"""
    result = bench.run(spec, secrets={"TOKEN": "s3cr3t!"})
    assert result.exported_variables == {"GIVEN": "from spec", "MADE": 'it\'s "quoted"', "LINES": "one\ntwo"}
    assert "Variable TOKEN cannot be exported: it holds a secret or begins with AWS_" in bench.said


def test_a_sibling_of_the_source_is_the_build_s_own(bench: Bench) -> None:
    spec = phases(
        build="ls -A .. && mkdir ../sibling && ln -s ../sibling/x here && echo hi > ../sibling/x && cat here"
    )
    assert bench.run(spec).succeeded
    assert bench.output == ["src", "hi"]
    assert bench.run(spec).succeeded


def test_artifacts_are_named_by_variables(bench: Bench) -> None:
    spec = phases(build="OUT=dist; mkdir dist; echo > dist/x; echo > y")
    result = bench.run(
        spec + "\nartifacts:\n  files: '**/*'\n  base-directory: $OUT\n"
        "  secondary-artifacts: {docs: {files: [y]}}"
    )
    assert set(result.artifacts) == {"", "docs"}


def test_a_missing_artifact_fails_the_upload(bench: Bench) -> None:
    result = bench.run(phases(build="true") + "\nartifacts: {files: x, base-directory: dist}")
    assert not result.succeeded
    assert bench.trail.failure
    assert (bench.trail.failure.name, bench.trail.failure.code) == ("UPLOAD_ARTIFACTS", "CLIENT_ERROR")
    assert bench.trail.failure.message == "no matching base directory path found for dist"


def test_reports_are_counted_and_said(bench: Bench) -> None:
    spec = phases(build="mkdir r; echo '<testsuite><testcase/></testsuite>' > r/a.xml")
    result = bench.run(
        spec + "\nreports: {unit-$LEVEL: {files: '*.xml', base-directory: r}}", variables={"LEVEL": "x"}
    )
    assert "Report unit-x: 1 of 1 tests succeeded" in bench.said
    assert result.reports[0].counts.succeeded == 1


def test_secrets_do_not_reach_the_log(bench: Bench) -> None:
    spec = phases(build="printf s3c; printf 'r3t!\\n'; echo ${TOKEN}; curl -s x/$TOKEN; false")
    assert not bench.run(spec, secrets={"TOKEN": "s3cr3t!"}).succeeded
    assert "s3cr3t!" not in "\n".join(bench.lines)
    assert bench.output[:2] == ["***", "***"]


def test_stopping_ends_the_build(bench: Bench) -> None:
    def stop_once_building() -> None:
        until(lambda: "Running command sleep 300" in bench.said, "the build did not begin")
        bench.stop.set()

    threading.Thread(target=stop_once_building).start()
    with pytest.raises(BuildInterruptedError):
        bench.run(phases(build="sleep 300", post_build="echo after"))
    assert bench.statuses == {"INSTALL": DONE, "PRE_BUILD": DONE, "BUILD": "STOPPED"}
    assert bench.output == []


@pytest.fixture
def unconfined() -> Iterator[None]:
    """A confined build cannot remove the runner's files."""
    with without_bubblewrap():
        yield


# Without its source alone a build goes on, as in CodeBuild, as long as nothing asks for it.
HOMELESS = {
    "its source": 'rm -rf "$CODEBUILD_SRC_DIR"; exit 0',
    "the folder of its source": 'rm -rf "$(dirname "$CODEBUILD_SRC_DIR")"; exit 0',
    "everything": 'rm -rf "$(dirname "$(dirname "$CODEBUILD_SRC_DIR")")"',
    "the runner's files": 'rm -rf "$CODEBUILD_SRC_DIR/../../run"',
    "the runner's files, with a file in their place": "cd ../..; rm -rf run; echo > run",
}


@pytest.mark.usefixtures("unconfined")
@pytest.mark.parametrize("command", list(HOMELESS.values())[2:], ids=list(HOMELESS)[2:])
def test_a_build_that_removes_its_own_folders_fails_with_that_reason(bench: Bench, command: str) -> None:
    result = bench.run(phases(build=f"'{command}'", post_build="echo after"))
    assert not result.succeeded
    assert bench.trail.failure
    assert bench.trail.failure.name == "POST_BUILD"
    assert "check for a command that removes CODEBUILD_SRC_DIR" in bench.trail.failure.message
    assert "FAULT" not in bench.statuses.values()


@pytest.mark.usefixtures("unconfined")
@pytest.mark.parametrize("command", HOMELESS.values(), ids=list(HOMELESS))
@pytest.mark.parametrize(
    "more",
    [
        "artifacts: {files: made.txt}",
        "env: {exported-variables: [V]}\nartifacts: {files: made.txt}",
        "reports: {unit: {files: r.xml}}\nartifacts: {files: made.txt}",
    ],
)
def test_what_a_removed_folder_should_have_given_fails_the_upload(
    bench: Bench, command: str, more: str
) -> None:
    result = bench.run(f"{phases(build=repr(command))}\n{more}")
    assert not result.succeeded
    assert bench.trail.failure
    assert bench.trail.failure.name == "UPLOAD_ARTIFACTS"
    assert bench.trail.failure.code == "CLIENT_ERROR"


@pytest.mark.usefixtures("unconfined")
def test_a_build_without_a_home_folder_goes_on(bench: Bench) -> None:
    assert bench.run(phases(build='rm -rf "$HOME" "$TMPDIR"', post_build="true")).succeeded


def test_a_retry_whose_expression_never_ends_is_not_made(bench: Bench) -> None:
    command = f"exit 3 #{'a' * 5000}!"
    result = bench.run(phases(build=f"RETRY-2-(a+)+$|'{command}'"))
    assert not result.succeeded
    assert any("Phase BUILD is not retried" in line for line in bench.said)
