"""This commit as a new user has it: a clone, with the tool chain that is installed already."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_INSTALLED = (".venv", "node_modules")


def clone_of_head(folder: Path) -> Path:
    """A clone whose set-up is the surrounding checkout's; its own `make setup` would install the same."""
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, folder], check=True)
    for name in _INSTALLED:
        (folder / name).symlink_to(ROOT / name)
    return folder
