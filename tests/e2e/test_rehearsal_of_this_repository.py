"""The main job, as a new user does it: this commit, from a fresh clone to prod, and then two pushes more.

One rehearsal for the whole module, since it builds everything; the tests follow each other on it.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import boto3
import pytest

from rehearsal.emulator.constant_gaps import FALSE_ALLOWS
from tests.e2e.clone import clone_of_head

pytestmark = pytest.mark.timeout(2400)

STAGES = ["Source", "Build", "UpdatePipeline", "Assets", "Dev", "Staging", "ApproveProd", "Prod"]
SMOKE_TESTS = "tests/smoke/second_brain/test_ten_checks.py"
BROKEN_TEST = """

def test_broken(deployment: Deployment) -> None:
    assert deployment.db_endpoint == "nowhere"
"""
_PATIENCE = 1200.0


class User:
    """A person in the clone, with nothing but the README's commands."""

    def __init__(self, clone: Path) -> None:
        self.clone = clone

    def run(
        self, *command: str, check: bool = True, variables: Mapping[str, str] = MappingProxyType({})
    ) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **variables}
        done = subprocess.run(
            command, cwd=self.clone, env=environment, capture_output=True, text=True, check=False
        )
        if check and done.returncode:
            pytest.fail(f"{' '.join(command)} exited with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done

    def slipway(self, *arguments: str, check: bool = True) -> str:
        return self.run(".venv/bin/slipway", *arguments, check=check).stdout

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.slipway("status", "--json"))
        return found

    def environment(self) -> dict[str, str]:
        variables: dict[str, str] = json.loads(self.slipway("env", "--json"))
        return variables

    def codepipeline(self) -> Any:
        variables = self.environment()
        session = boto3.session.Session(
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            region_name=variables["AWS_REGION"],
        )
        return session.client("codepipeline", endpoint_url=variables["AWS_ENDPOINT_URL"])

    def commit(self, file: str, change: Callable[[str], str], message: str) -> None:
        path = self.clone / file
        path.write_text(change(path.read_text()))
        self.run("git", "commit", "--quiet", "--message", message, file)


@pytest.fixture(scope="module")
def user() -> Iterator[User]:
    person = User(clone_of_head("slipway"))
    yield person
    if (person.clone / ".venv/bin/slipway").exists():
        person.slipway("down")


@pytest.fixture(scope="module")
def first(user: User) -> dict[str, Any]:
    done = user.run("make", "--silent", "rehearse", "APPROVE=all", "ARGS=--json --keep")
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


def test_one_command_delivers_a_fresh_clone_to_three_environments(first: dict[str, Any]) -> None:
    assert first["status"] == "Succeeded"
    assert [stage["name"] for stage in first["stages"]] == STAGES
    assert {stage["status"] for stage in first["stages"]} == {"Succeeded"}


def test_smoke_tests_ran_for_real_in_each_environment(first: dict[str, Any]) -> None:
    smoke = [
        action
        for stage in first["stages"]
        for action in stage["actions"]
        if action["name"].startswith("Smoke")
    ]
    assert len(smoke) == 3
    assert {(action["status"], action["fidelity"]) for action in smoke} == {("Succeeded", "real")}


def test_the_bake_watched_the_environments_that_have_minutes_and_the_report_says_how_long(
    first: dict[str, Any],
) -> None:
    baked = [
        (stage["name"], action["status"])
        for stage in first["stages"]
        for action in stage["actions"]
        if action["name"] == "Bake"
    ]
    assert baked == [("Staging", "Succeeded"), ("Prod", "Succeeded")]
    reasons = " ".join(gap["reason"] for gap in first["gaps"])
    assert "watches for 2 s instead of 5 min" in reasons
    assert "watches for 2 s instead of 15 min" in reasons


def test_the_report_names_what_was_not_as_in_aws(first: dict[str, Any]) -> None:
    subjects = {gap["subject"] for gap in first["gaps"]}
    assert {gap.subject for gap in FALSE_ALLOWS} <= subjects
    assert all(gap["reason"] for gap in first["gaps"])


def test_the_cdk_finds_its_pipeline_as_the_rehearsal_left_it(user: User, first: dict[str, Any]) -> None:
    """Deployed before a function was built, mutated by itself since, and still the same to the byte."""
    user.slipway("up")
    deploy = "npx --no-install cdk deploy pipeline -c functions=placeholder --require-approval never"
    done = user.run(*deploy.split(), variables=user.environment())
    assert "pipeline (no changes)" in done.stdout + done.stderr


def test_a_push_starts_an_execution_that_boto3_approves(user: User, first: dict[str, Any]) -> None:
    user.commit("README.md", lambda text: f"{text}\n", "Change nothing that is delivered")
    pushed = user.run("git", "push", "slipway", "HEAD:main")
    assert "slipway" in pushed.stderr
    client = user.codepipeline()
    token = _wait(lambda: _waiting_token(client, first["pipeline"]))
    client.put_approval_result(
        pipelineName=first["pipeline"],
        stageName="ApproveProd",
        actionName="Approve",
        token=token,
        result={"status": "Approved", "summary": "looked at the report"},
    )
    ended = _wait(lambda: _ended(user, after=first["execution_id"]))
    assert ended["status"] == "Succeeded"


def test_an_environment_whose_smoke_tests_fail_goes_back_and_nothing_later_runs(user: User) -> None:
    before = user.status()["execution_id"]
    user.commit(SMOKE_TESTS, lambda text: text + BROKEN_TEST, "Break the smoke tests")
    done = user.run(".venv/bin/slipway", "rehearse", "--approve", "all", "--json", check=False)
    report = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 1
    assert report["execution_id"] != before
    by_name = {stage["name"]: stage["status"] for stage in report["stages"]}
    assert by_name["Dev"] == "Failed"
    assert by_name["Staging"] is None
    assert len(report["rolled_back"]) == 1


def _waiting_token(client: Any, pipeline: str) -> str | None:
    for stage in client.get_pipeline_state(name=pipeline)["stageStates"]:
        for action in stage["actionStates"]:
            latest = action.get("latestExecution", {})
            if latest.get("status") == "InProgress" and latest.get("token"):
                return str(latest["token"])
    return None


def _ended(user: User, *, after: str) -> dict[str, Any] | None:
    run = user.status()
    return run if run["execution_id"] != after and run["status"] != "InProgress" else None


def _wait(look: Callable[[], Any]) -> Any:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if (found := look()) is not None:
            return found
        time.sleep(0.5)
    pytest.fail(f"nothing happened within {_PATIENCE:.0f} s")
