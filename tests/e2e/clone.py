"""This commit as a new user has it: a clone, with nothing set up."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def clone_of_head(name: str) -> Path:
    """A fresh clone in a place of its own that stays the same, so that builds find their caches again."""
    folder = ROOT / "build" / "e2e" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    copy_as_repository(ROOT, folder)
    return folder


def copy_as_repository(root: Path, folder: Path) -> None:
    """A clone; of an unpacked archive, a repository whose only commit is what the archive holds."""
    is_clone = (root / ".git").exists()
    begin = ["clone", "--no-hardlinks", root] if is_clone else ["init", "--initial-branch=main"]
    subprocess.run(["git", *begin, "--quiet", folder], check=True)
    for key, value in {"user.name": "Rehearsal", "user.email": "rehearsal@example.com"}.items():
        subprocess.run(["git", "config", key, value], cwd=folder, check=True)
    if not is_clone:
        _commit(root, folder)


def _commit(root: Path, folder: Path) -> None:
    """Everything of `root` that is not ignored there."""
    git = ["git", f"--git-dir={folder / '.git'}", f"--work-tree={root}"]
    subprocess.run([*git, "add", "--all"], cwd=root, check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "What the archive holds"], cwd=root, check=True)
    subprocess.run(["git", "reset", "--quiet", "--hard"], cwd=folder, check=True)
