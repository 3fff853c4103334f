"""`--env NAME`: the synth gets one variable of the person's environment, and its value is not printed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.daemon import client
from rehearsal.home import Home
from tests.rehearsal.cli.small_project import SmallProject

VALUE = "persons own+value/1"
COMMANDS = (("rehearse",), ("plan", "--synth"))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[SmallProject]:
    project = SmallProject(tmp_path / "project", variables={"API_HOST": VALUE})
    project.folder.mkdir()
    yield project
    client.stop(Home.of(project.folder))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_synth_that_misses_a_variable_is_told_how_to_get_it(
    project: SmallProject, command: tuple[str, ...]
) -> None:
    project.write(app="""python3 -c 'import os; os.environ["API_HOST"]; os.environ["OTHER_ONE"]'""")
    failed = project.slipway(*command)
    assert "KeyError: 'API_HOST'" in failed.stderr
    assert failed.stderr.rstrip().endswith("add --env API_HOST"), failed.stderr
    failed = project.slipway(*command, "--env", "API_HOST")
    assert "KeyError: 'OTHER_ONE'" in failed.stderr
    assert failed.stderr.rstrip().endswith("set OTHER_ONE in your shell, then add --env OTHER_ONE")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_value_reaches_the_synth_and_no_output(project: SmallProject, command: tuple[str, ...]) -> None:
    project.write(app='printf %s "$API_HOST" > got; echo "for $API_HOST"; env; exit 3')
    failed = project.slipway(*command, "--env", "API_HOST")
    assert failed.returncode == 2
    assert (project.folder / "got").read_text() == VALUE
    assert VALUE not in failed.stdout + failed.stderr
    assert "for ***" in failed.stderr
    project.slipway(*command)
    assert (project.folder / "got").read_text() == ""


@pytest.mark.parametrize("command", ["rehearse", "plan"])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("API_HOST=mine", "--env API_HOST=…: everybody"),
        ("NO_SUCH_ONE", "export NO_SUCH_ONE="),
        ("AWS_PROFILE", "your AWS credentials stay with you"),
        ("CDK_DEFAULT_ACCOUNT", "--account and --region"),
        ("two words", "is not the name of a variable"),
    ],
)
def test_a_wrong_name_is_refused_before_anything_starts(
    project: SmallProject, command: str, given: str, said: str
) -> None:
    done = project.slipway(command, "--env", given)
    assert done.returncode == 2
    assert said in done.stderr
    assert "mine" not in done.stderr
    assert not (project.folder / ".slipway").exists()
