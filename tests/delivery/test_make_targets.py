"""`make help` is the list of everyday commands."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def listed() -> dict[str, str]:
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name: line.strip() for name, _, line in (row.strip().partition(" ") for row in said.splitlines())}


def test_everyday_commands_have_a_line_each(listed: dict[str, str]) -> None:
    everyday = (
        "setup synth diff plan test lint format build-lambdas rehearse bootstrap deploy-pipeline bench "
        "models zones recover teardown execution-policy security"
    )
    assert [name for name in everyday.split() if not listed.get(name)] == []


def test_a_developer_has_the_commands_of_a_sandbox(listed: dict[str, str]) -> None:
    assert {"build-lambdas", "synth", "deploy-stack", "destroy"} <= set(listed)
    assert _would_run("deploy-stack", "STACK=SecondBrainDatabase").endswith(
        "cdk deploy 'sandbox/SecondBrainDatabase'"
    )
    assert _would_run("destroy").endswith("cdk destroy 'sandbox/*' -c functions=placeholder")


def test_the_first_deployment_of_a_pipeline_compiles_nothing() -> None:
    for command, expected in {
        "deploy-pipeline": "cdk deploy pipeline -c functions=placeholder",
        "rehearse": "slipway rehearse -c functions=placeholder",
        "plan": "slipway plan -c functions=placeholder",
    }.items():
        assert expected in _would_run(command)


def _would_run(*arguments: str) -> str:
    """The target's last line, without what sets the tools up."""
    command = ["make", "--dry-run", "--assume-old=setup", *arguments]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return said.strip().splitlines()[-1].strip()
