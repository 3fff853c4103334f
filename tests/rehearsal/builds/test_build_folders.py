"""Whose builds a folder of the cache holds, and when they are dropped."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.builds.files.workspace import claim
from rehearsal.builds.reuse.results import BuildResults, StoredResult
from rehearsal.home import Home

CLAIM = "import sys; from pathlib import Path; from rehearsal.builds.files.workspace import claim; \
from rehearsal.home import Home; claim(Home(Path(sys.argv[1])))"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setattr("rehearsal.home._CACHES", tmp_path / "caches")
    return Home(tmp_path / "project" / ".slipway")


def store(home: Home) -> None:
    claim(home)
    stored = StoredResult(build_id="demo:1", ended="", exported_variables={}, artifacts={}, log=())
    BuildResults.of(home).store("key", stored)


def is_stored(home: Home) -> bool:
    return BuildResults.of(home).find("key", into=home.builds / "reused") is not None


def test_a_rehearsal_keeps_what_it_stored(home: Home) -> None:
    store(home)
    claim(home)
    assert is_stored(home)


def test_deleting_the_folder_of_a_rehearsal_deletes_its_results(home: Home) -> None:
    store(home)
    shutil.rmtree(home.root)
    claim(home)
    assert not is_stored(home)


def test_another_rehearsal_drops_builds_that_nobody_owns(home: Home, tmp_path: Path) -> None:
    store(home)
    other = Home(tmp_path / "other" / ".slipway")
    store(other)
    shutil.rmtree(home.root)
    claim(other)
    assert not home.builds.exists()
    assert is_stored(other)


def test_a_project_that_moved_to_another_s_place_does_not_inherit_its_builds(
    home: Home, tmp_path: Path
) -> None:
    store(home)
    moved = Home(tmp_path / "moved" / ".slipway")
    claim(moved)
    shutil.rmtree(home.root)
    moved.root.rename(home.root)
    claim(home)
    assert not is_stored(home)


def test_daemons_that_start_together_do_not_trip_over_one_another(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "caches")}

    def start(project: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", CLAIM, str(tmp_path / project)]
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)

    for turn in range(2):
        daemons = [start(f"{turn}-{number}") for number in range(6)]
        assert [daemon.communicate()[1] for daemon in daemons] == [b""] * len(daemons)
        for folder in tmp_path.glob(f"{turn}-*"):
            shutil.rmtree(folder)
