"""Git itself, run so that a person's own settings cannot change what it answers."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

IDENTITY = {
    "GIT_AUTHOR_NAME": "Slipway",
    "GIT_AUTHOR_EMAIL": "slipway@localhost",
    "GIT_COMMITTER_NAME": "Slipway",
    "GIT_COMMITTER_EMAIL": "slipway@localhost",
}
"""Who makes the commits that nobody made: snapshots of a working tree."""


class GitError(Exception):
    """Git said no; the message is git's own."""


def git(
    *arguments: str | Path,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    stdin: str = "",
) -> str:
    """Run git in `folder` and return what it printed, without the last newline."""
    done = subprocess.run(
        ["git", "-c", "safe.bareRepository=all", *map(str, arguments)],
        cwd=folder,
        env=_environment() | dict(environment or {}),
        input=stdin,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise GitError(f"git {arguments[0]} failed in {folder}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout.removesuffix("\n")


def succeeds(*arguments: str | Path, folder: Path) -> bool:
    try:
        git(*arguments, folder=folder)
    except GitError:
        return False
    return True


def _environment() -> dict[str, str]:
    """Without the variables by which a hook or an outer git would redirect this one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "TZ": "UTC"}
