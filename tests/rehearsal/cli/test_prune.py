"""`slipway prune` as a process, on folders like those that builds leave."""

import fcntl
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from rehearsal.home import short_hash
from tests.rehearsal.cli.command import SLIPWAY


@dataclass(frozen=True)
class Place:
    root: Path

    @property
    def project(self) -> Path:
        return self.root / "project"

    @property
    def all_builds(self) -> Path:
        return self.root / "caches" / "slipway" / "builds"

    @property
    def builds(self) -> Path:
        return self.all_builds / short_hash(str(self.project / ".slipway"))

    def prune(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        variables = {**os.environ, "XDG_CACHE_HOME": str(self.root / "caches")}
        return subprocess.run(
            [SLIPWAY, "prune", "-C", str(self.project), *arguments],
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def fill(self, folder: Path) -> Path:
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(b"x" * 100_000)
        return folder

    def slot(self, name: str) -> Path:
        slot = self.fill(self.builds / "work" / name)
        slot.with_name(f"{name}.lock").touch()
        return slot


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path.resolve())
    (place.project / ".slipway").mkdir(parents=True)
    return place


@contextmanager
def building(slot: Path) -> Iterator[None]:
    with slot.with_name(f"{slot.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_it_says_what_it_would_remove_and_removes_nothing(place: Place) -> None:
    slot = place.slot("shop-0")
    said = place.prune("--dry-run")
    assert said.returncode == 0, said.stderr
    assert f"work folder of a build: {slot}" in said.stdout
    assert "would be removed" in said.stdout
    assert (slot / "file").exists()


def test_a_running_build_and_the_caches_are_left_alone(place: Place) -> None:
    idle, busy = place.slot("shop-0"), place.slot("shop-1")
    cache = place.fill(place.builds / "cache" / "entry")
    trash = place.fill(place.builds / "trash" / "old")
    with building(busy):
        said = place.prune("--json")
    assert said.returncode == 0, said.stderr
    answer = json.loads(said.stdout)
    assert answer["removed"] is True
    assert {found["path"] for found in answer["leftovers"]} == {str(idle), str(trash)}
    assert answer["bytes"] >= 200_000
    assert [path.exists() for path in (idle, trash, busy, cache)] == [False, False, True, True]


def test_builds_of_a_project_that_is_gone_go_too(place: Place) -> None:
    other = place.fill(place.all_builds / "0123456789")
    (other / "rehearsal").write_text(str(place.root / "gone" / ".slipway"))
    kept = place.fill(place.all_builds / "1123456789")
    (kept / "rehearsal").write_text(str(place.project / ".slipway"))
    assert place.prune().returncode == 0
    assert [other.exists(), kept.exists()] == [False, True]
    assert list(place.all_builds.glob("0123456789*")) == []


def test_caches_go_when_asked_and_never_under_a_running_build(place: Place) -> None:
    slot, cache = place.slot("shop-0"), place.fill(place.builds / "packages")
    with building(slot):
        refused = place.prune("--caches")
        assert refused.returncode == 2
        assert "a build is using the caches" in refused.stderr
        assert cache.exists()
    assert place.prune("--caches").returncode == 0
    assert not cache.exists()


def test_where_nothing_was_built_there_is_nothing_to_remove(place: Place) -> None:
    said = place.prune()
    assert (said.returncode, said.stdout.split()) == (0, ["0", "B", "removed"])
