"""Runs the project's own CDK CLI in a clean environment without a terminal, as it runs the project's code."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REMEDY = "run `npm ci` in the project if its package.json names aws-cdk, or `npm install -g aws-cdk` once"

QUIET = ("--no-notices", "--no-version-reporting", "--ci")


class NoCdkError(Exception):
    """Neither the project nor the PATH has a CDK CLI that starts."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    status: int
    output: str


def executable(project: Path) -> str:
    local = project / "node_modules" / ".bin" / "cdk"
    found = str(local) if local.exists() else shutil.which("cdk")
    if found is None:
        raise NoCdkError(f"no CDK CLI for {project}")
    return found


def run(
    project: Path, arguments: Sequence[str], *, environment: Mapping[str, str], folder: Path | None = None
) -> Ended:
    """Run in the project's folder or another one; a `cdk.json` there starts the project's app."""
    command = [executable(project), *arguments]
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(
                command,
                cwd=folder or project,
                env={**environment, "PATH": _path(project, environment)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        except OSError as error:
            raise NoCdkError(f"the CDK CLI {command[0]} cannot be started: {error.strerror}") from error
        output.seek(0)
        return Ended(status=done.returncode, output=output.read().decode(errors="replace").rstrip())


def _path(project: Path, environment: Mapping[str, str]) -> str:
    """A PATH with the project's virtual environment, which a Python app needs, active or not."""
    own = (project / ".venv" / "bin", project / "venv" / "bin")
    return os.pathsep.join([*(str(folder) for folder in own if folder.is_dir()), environment.get("PATH", "")])
