"""The repository that the other tests here begin with, from a clone and from an unpacked archive."""

import subprocess
from pathlib import Path

import pytest

from tests.e2e.clone import copy_as_repository

_PERSON = ("-c", "user.name=Rehearsal", "-c", "user.email=rehearsal@example.com")


@pytest.mark.parametrize("is_repository", [True, False])
def test_holds_what_is_not_ignored_and_nothing_more(tmp_path: Path, *, is_repository: bool) -> None:
    root, folder = tmp_path / "root", tmp_path / "copy"
    (root / "build").mkdir(parents=True)
    (root / ".gitignore").write_text("build/\n")
    (root / "build/left").write_text("over")
    (root / "app.py").write_text("print()\n")
    if is_repository:
        for command in (["init", "-q"], ["add", "."], [*_PERSON, "commit", "-q", "-m", "Begin"]):
            subprocess.run(["git", *command], cwd=root, check=True)
    copy_as_repository(root, folder)
    assert sorted(path.name for path in folder.iterdir()) == [".git", ".gitignore", "app.py"]
    assert subprocess.run(["git", "diff", "--quiet", "HEAD"], cwd=folder, check=False).returncode == 0
