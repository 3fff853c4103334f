"""What a build reaches of the machine, and what those who read after it are not talked into."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rehearsal.builds.files.cache import ProjectCache
from rehearsal.builds.files.workspace import Workspace, occupied
from rehearsal.home import shared_packages
from tests.personal import TEXT, personal_file
from tests.processes import having
from tests.unconfined import without_bubblewrap

if TYPE_CHECKING:
    from tests.rehearsal.builds.conftest import Bench

ARN = "arn:aws:codebuild:eu-west-1:1:project/demo"


@pytest.fixture
def personal() -> Iterator[Path]:
    with personal_file() as file:
        yield file


def spec(*commands: str, more: str = "") -> str:
    lines = "".join(f"      - {json.dumps(command)}\n" for command in commands)
    return f"version: 0.2\nphases:\n  build:\n    commands:\n{lines}{more}"


def test_nothing_of_the_home_is_there(bench: Bench, personal: Path) -> None:
    assert bench.run(spec(f"! cat {personal}", "! ls -A ~root/.ssh /home/* 2>/dev/null")).succeeded
    assert TEXT not in "".join(bench.lines)


def test_it_writes_to_its_own_folders_only(bench: Bench, personal: Path) -> None:
    writable = ("$HOME", "$TMPDIR", "$CODEBUILD_SRC_DIR", "$CODEBUILD_SRC_DIR/..", "$HOME/.cache/pip")
    refused = (personal.parent, bench.builds / "logs", "/etc", "/usr/local/bin", Path(__file__).parent)
    (bench.builds / "logs").mkdir(parents=True)
    done = bench.run(
        spec(*(f"touch {place}/x" for place in writable), *(f"! touch {place}/x" for place in refused))
    )
    assert done.succeeded, bench.lines


def test_what_it_writes_to_tmp_can_be_its_artifact(bench: Bench) -> None:
    more = "artifacts:\n  base-directory: /tmp/made\n  files: ['**/*']\n"
    done = bench.run(spec("mkdir /tmp/made", "echo content > /tmp/made/a.txt", more=more))
    assert done.succeeded, bench.lines
    assert zipfile.ZipFile(done.artifacts[""]).namelist() == ["a.txt"]
    assert bench.run(spec("! ls /tmp/made", "echo content > a.txt", "cp a.txt /tmp/b.txt")).succeeded


@pytest.mark.parametrize("link", ["file", "folder", "source", "environment"])
def test_an_artifact_cannot_be_a_link_to_what_is_hidden(bench: Bench, personal: Path, link: str) -> None:
    commands = {
        "file": f"ln -s {personal} stolen.txt",
        "folder": f"ln -s {personal.parent} folder",
        "environment": "ln -s /proc/self/environ stolen.txt",
        "source": f"cd .. && rm -rf src && ln -s {personal.parent} src",
    }
    more = "artifacts:\n  files: ['**/*']\n"
    done = bench.run(spec("echo own > own.txt", commands[link], more=more))
    if done.artifacts:
        with zipfile.ZipFile(done.artifacts[""]) as packed:
            others = [entry for entry in packed.infolist() if entry.filename != "own.txt"]
            assert all(stat.S_ISLNK(entry.external_attr >> 16) for entry in others), bench.lines


def test_what_the_rehearsal_itself_writes_for_it_cannot_be_led_elsewhere(
    bench: Bench, personal: Path
) -> None:
    run = "$(dirname $TMPDIR)/run"
    shell = "$(dirname $TMPDIR)/shell"
    bench.run(
        spec(
            f"ln -sf {personal} {run}/script.sh || rm -rf {run} || mv {run} {run}2 || true",
            f"rm -rf {shell}/collected; ln -s {personal} {shell}/collected; true",
            "echo next",
            more="artifacts:\n  files: ['*']\n",
        )
    )
    assert personal.read_text() == TEXT
    assert TEXT not in "".join(bench.lines)


def test_a_cache_moves_nothing_over_a_link(tmp_path: Path, personal: Path) -> None:
    with occupied(tmp_path / "builds", project_arn=ARN) as workspace:
        (workspace.source / "link").symlink_to(personal.parent)
        (workspace.source / "cached").mkdir()
        for path in ("link/**/*", "link/*", f"link/{personal.name}", "link"):
            cache = ProjectCache(folder=tmp_path / "cache", paths=(path,))
            cache.save(workspace)
            cache.restore(workspace)
            assert personal.read_text() == TEXT, path
        cache = ProjectCache(folder=tmp_path / "cache", paths=("cached/**/*",))
        cache.save(workspace)
        (workspace.source / "cached").symlink_to(personal.parent)
        cache.restore(workspace)
        assert {file.suffix for file in personal.parent.iterdir()} == {".txt"}


def test_the_next_build_makes_no_folder_over_a_link(tmp_path: Path, personal: Path) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / ".cargo").symlink_to(personal.parent)
    Workspace(root=tmp_path / "slot", packages=packages).prepare()
    assert (packages / ".cargo/registry").is_dir()
    assert not (personal.parent / "registry").exists()


def test_packages_are_the_projects_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rehearsal.home._PACKAGES", None)
    monkeypatch.delenv("SLIPWAY_PACKAGES", raising=False)
    assert shared_packages() is None
    for name in ("one", "other"):
        with occupied(tmp_path / name, project_arn=ARN) as workspace:
            assert workspace.packages == tmp_path / name / "packages"
    monkeypatch.setenv("SLIPWAY_PACKAGES", str(tmp_path / "shared"))
    for name in ("one", "other"):
        with occupied(tmp_path / name, project_arn=ARN) as workspace:
            assert workspace.packages == tmp_path / "shared"


def test_a_build_cannot_change_what_another_project_downloads(bench: Bench, tmp_path: Path) -> None:
    other = tmp_path / "other" / "packages" / ".cache" / "uv"
    other.mkdir(parents=True)
    assert bench.run(spec(f"! touch {other}/poison", f"! ls {other}", "touch $UV_CACHE_DIR/own")).succeeded


def test_background_processes_live_as_long_as_the_build(bench: Bench) -> None:
    served = (
        "echo $$ > /tmp/pid; (trap '' HUP; exec setsid sleep 300) > /dev/null 2>&1 & echo $! > /tmp/server",
        "kill -0 $(cat /tmp/server)",
        "exit 0",
        "kill -0 $(cat /tmp/server)",
    )
    assert bench.run(spec(*served), uid="0077").succeeded, bench.lines
    assert not having("CODEBUILD_BUILD_ID=demo:0077")


def test_it_says_where_it_is_not_confined(bench: Bench) -> None:
    with without_bubblewrap():
        assert bench.run(spec(f"ls {Path.cwd()} > /dev/null")).succeeded
    assert any("This build is not confined: there is no bubblewrap" in note for note in bench.notes)
