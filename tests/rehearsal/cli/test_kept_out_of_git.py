"""`.slipway/` has secrets and private keys, so git never takes any of it, whatever failed before."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.daemon import client
from rehearsal.home import Home
from tests.patience import until
from tests.rehearsal.cli.small_project import SmallProject


@pytest.fixture
def project(tmp_path: Path) -> Iterator[SmallProject]:
    project = SmallProject(tmp_path / "project")
    project.folder.mkdir()
    project.git("init", "--quiet", "--initial-branch=main")
    project.write(app="exit 3")
    yield project
    client.stop(Home.of(project.folder))


def taken(project: SmallProject) -> list[str]:
    project.git("add", "--all")
    return [name for name in project.git("ls-files").split() if name.startswith(".slipway")]


@pytest.mark.parametrize("command", ["rehearse", "plan", "up"])
def test_nothing_of_a_first_command_that_fails(project: SmallProject, command: str) -> None:
    project.slipway(command)
    assert (project.folder / ".slipway").exists()
    assert taken(project) == []


def test_a_full_disk_left_an_empty_file_behind(project: SmallProject) -> None:
    (project.folder / ".slipway").mkdir()
    (project.folder / ".slipway/.gitignore").touch()
    project.slipway("rehearse")
    assert taken(project) == []


def test_nothing_of_what_an_embedded_aws_saves_whose_folder_was_deleted(project: SmallProject) -> None:
    assert project.slipway("up").returncode == 0
    endpoint = client.answering(Home.of(project.folder))
    assert endpoint is not None
    shutil.rmtree(project.folder / ".slipway")
    try:
        client.session(endpoint).client("ssm").put_parameter(Name="/secret", Value="x", Type="String")
    finally:
        os.kill(endpoint.pid, signal.SIGTERM)
        until(lambda: not _alive(endpoint.pid), "the embedded AWS did not end")
    assert (project.folder / ".slipway").exists()
    assert taken(project) == []


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except FileNotFoundError:
        return False
