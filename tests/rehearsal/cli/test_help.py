"""`--help` names values with words that a person would use, and no type of Python."""

import re

import pytest
from typer.testing import CliRunner

from rehearsal.cli.main import COMMANDS, application


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_value_has_a_word_and_no_type(command: str) -> None:
    done = CliRunner().invoke(application({command}), [command, "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    assert re.findall(r"<[a-z\[\] |]+>", done.output, re.IGNORECASE) == []
    assert "bool" not in done.output


def test_the_words_of_a_rehearsal() -> None:
    done = CliRunner().invoke(application({"rehearse"}), ["rehearse", "--help"], env={"COLUMNS": "200"})
    for option in ("--env NAME", "--skip STAGE/ACTION", "--source REPOSITORY=FOLDER", "--account ACCOUNT"):
        name, word = option.split()
        assert re.search(rf"{name}\s+{re.escape(word)}\s", done.output), done.output
