"""Runs git so that a person's own settings cannot change its output."""

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from rehearsal.emulator.environment import whitelisted

IDENTITY = {
    "GIT_AUTHOR_NAME": "Slipway",
    "GIT_AUTHOR_EMAIL": "slipway@localhost",
    "GIT_COMMITTER_NAME": "Slipway",
    "GIT_COMMITTER_EMAIL": "slipway@localhost",
}
"""The author of snapshots of a working tree."""


_SETTINGS = ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
"""The settings taken from the person: `safe.directory`, ignored files, line ends."""


class GitError(Exception):
    """Git failed; the message is git's own."""


def git(
    *arguments: str | Path,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    stdin: str = "",
) -> str:
    """Run git in `folder` and return its output without the last newline."""
    output = git_bytes(*arguments, folder=folder, environment=environment, stdin=stdin.encode())
    return output.decode(errors="replace").removesuffix("\n")


def git_bytes(
    *arguments: str | Path,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    stdin: bytes = b"",
) -> bytes:
    command = ["git", "-c", "safe.bareRepository=all", "-c", "core.fsmonitor=false", *map(str, arguments)]
    variables = _environment() | dict(environment or {})
    try:
        done = subprocess.run(
            command, cwd=folder, env=variables, input=stdin, capture_output=True, check=False
        )
    except ValueError as error:  # an argument contains a NUL
        raise GitError(f"git {arguments[0]} cannot be run in {folder}: {error}") from error
    if done.returncode:
        printed = (done.stderr.strip() or done.stdout.strip()).decode(errors="replace")
        message = printed or _end(done.returncode)
        raise GitError(f"git {arguments[0]} failed in {folder}: {message}")
    return done.stdout


def succeeds(*arguments: str | Path, folder: Path) -> bool:
    try:
        git(*arguments, folder=folder)
    except GitError:
        return False
    return True


def _end(code: int) -> str:
    return f"it was ended by {signal.Signals(-code).name}" if code < 0 else f"it ended with exit code {code}"


def _environment() -> dict[str, str]:
    """A clean environment, because a repository's filters run as programs; only git's settings are found.

    Variables by which a hook or an outer git would redirect this one are removed too.
    """
    settings = {name: value for name, value in os.environ.items() if name in _SETTINGS}
    return {**whitelisted(os.environ), **settings, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "TZ": "UTC"}
