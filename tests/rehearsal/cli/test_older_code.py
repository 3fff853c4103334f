"""An embedded AWS that was started by other code than the command's is named, with what to do."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.daemon import client
from rehearsal.home import Home

ROOT = Path(__file__).resolve().parents[3]
WARNING = "warning: the running embedded AWS has other code than this command"


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Path]:
    """A copy of the package, which can be upgraded, and a project beside it."""
    folder = tmp_path / "installed"
    shutil.copytree(ROOT / "rehearsal", folder / "rehearsal", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "project").mkdir()
    yield folder
    client.stop(Home.of(tmp_path / "project"))


def slipway(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    run = "from rehearsal.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", run, *arguments],
        cwd=installed.parent / "project",
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_upgrade_of_the_package_is_noticed(installed: Path) -> None:
    for command in ("up", "up", "env"):
        done = slipway(installed, command)
        assert done.returncode == 0, done.stderr
        assert WARNING not in done.stderr
    part = installed / "rehearsal/builds/job.py"
    part.write_text(part.read_text() + "\n# upgraded\n")
    for command in ("up", "env"):
        done = slipway(installed, command)
        assert done.returncode == 0, done.stderr
        assert WARNING in done.stderr
        assert "slipway down" in done.stderr
        assert WARNING not in done.stdout
    assert slipway(installed, "down").returncode == 0
    assert WARNING not in slipway(installed, "up").stderr
