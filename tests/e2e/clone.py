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
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, folder], check=True)
    subprocess.run(["git", "config", "user.name", "Rehearsal"], cwd=folder, check=True)
    subprocess.run(["git", "config", "user.email", "rehearsal@example.com"], cwd=folder, check=True)
    return folder
