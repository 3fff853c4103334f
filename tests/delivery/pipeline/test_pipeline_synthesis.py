"""The synthesised bytes: the same twice, and valid to cfn-lint."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.delivery.pipeline.conftest import Assembly, pipeline_config, synthesise


def templates(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.template.json")}


def test_the_same_configuration_gives_the_same_bytes(one_account: Assembly, tmp_path: Path) -> None:
    again = synthesise(pipeline_config(), tmp_path)
    assert templates(again.folder) == templates(one_account.folder)


@pytest.mark.parametrize("name", ["one_account", "several_accounts"])
def test_cfn_lint_finds_no_error(request: pytest.FixtureRequest, name: str) -> None:
    assembly: Assembly = request.getfixturevalue(name)
    files = [str(file) for file in assembly.folder.rglob("*.template.json")]
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--ignore-checks", "W", "--", *files]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout


def test_no_account_number_is_in_a_template_that_was_given_none(one_account: Assembly) -> None:
    written = b"".join(templates(one_account.folder).values()).replace(b"111111111111:connection", b"")
    assert b"111111111111" not in written
