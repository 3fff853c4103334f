"""`slipway doctor`: checks whether this machine and this project can rehearse, with remedies."""

import json
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from rehearsal.cdk import cli as cdk_cli
from rehearsal.cli.project import ProjectOption, project_folder
from rehearsal.conductor.exits import Exit
from rehearsal.confinement import ability
from rehearsal.daemon import client
from rehearsal.emulator.environment import offline_environment
from rehearsal.home import Home, tool_cache

_ROOM_NEEDED = 3 * 1024**3
"""Bytes for PostgreSQL, the caches of a few builds, and the state."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    subject: str
    good: bool
    detail: str
    remedy: str = ""


def doctor(
    project: ProjectOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Check this machine and this project, and name a remedy for what is missing."""
    findings = list(_examine(project_folder(project)))
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings]))
    else:
        for finding in findings:
            _print(finding)
    sys.exit(Exit.SUCCEEDED if all(finding.good for finding in findings) else Exit.FAILED)


def _print(finding: Finding) -> None:
    mark, colour = ("✔", "green") if finding.good else ("✘", "red")
    typer.echo(f"{typer.style(mark, fg=colour)} {finding.subject}: {finding.detail}")
    if not finding.good:
        typer.echo(f"    → {finding.remedy}")


def _examine(project: Path) -> Iterator[Finding]:
    yield _python()
    yield _program("git", ["git", "--version"], "apt-get install git")
    yield _program("Node.js", ["node", "--version"], "install Node.js 22 or newer")
    yield _program("cargo", ["cargo", "--version"], "install Rust with rustup, if the project has Rust")
    yield _cdk(project)
    yield _emulator()
    yield _loopback()
    yield _confinement()
    yield _room(project)
    yield _running(Home.of(project))


def _python() -> Finding:
    return Finding(
        subject="Python",
        good=sys.version_info >= (3, 11),
        detail=sys.version.split()[0],
        remedy="install Python 3.11 or newer",
    )


def _program(subject: str, command: list[str], remedy: str) -> Finding:
    if shutil.which(command[0]) is None:
        return Finding(subject=subject, good=False, detail="not found", remedy=remedy)
    printed = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return Finding(subject=subject, good=True, detail=printed)


def _cdk(project: Path) -> Finding:
    with tempfile.TemporaryDirectory() as home:
        try:
            ended = cdk_cli.run(project, ["--version"], environment=offline_environment(home=Path(home)))
        except cdk_cli.NoCdkError as error:
            return Finding(subject="CDK CLI", good=False, detail=str(error), remedy=cdk_cli.REMEDY)
    return Finding(subject="CDK CLI", good=ended.status == 0, detail=ended.output, remedy=cdk_cli.REMEDY)


def _emulator() -> Finding:
    return Finding(subject="ministack", good=True, detail=version("ministack"))


def _loopback() -> Finding:
    try:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
    except OSError as error:
        return Finding(
            subject="loopback", good=False, detail=str(error), remedy="let this user listen on 127.0.0.1"
        )
    return Finding(subject="loopback", good=True, detail="free ports on 127.0.0.1")


def _confinement() -> Finding:
    found = ability()
    return Finding(
        subject="confinement",
        good=found.way is not None,
        detail=f"steps are confined, by {found.way.program}"
        if found.way
        else f"steps are not: {found.reason}",
        remedy=found.remedy,
    )


def _room(project: Path) -> Finding:
    """The project and the builds' caches may be on different disks."""
    caches = tool_cache()
    try:
        caches.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        remedy = f"let this user write to {caches.parent}"
        return Finding(subject="disk", good=False, detail=f"{caches}: {error.strerror}", remedy=remedy)
    free, folder = min((shutil.disk_usage(folder).free, folder) for folder in (project, caches))
    return Finding(
        subject="disk",
        good=free > _ROOM_NEEDED,
        detail=f"{free / 1024**3:.0f} GB free at {folder}",
        remedy=f"free 3 GB; {caches} and the project's .slipway/ belong to rehearsals and may be deleted",
    )


def _running(home: Home) -> Finding:
    endpoint = home.endpoint()
    if endpoint is None:
        return Finding(subject="embedded AWS", good=True, detail="not running; `slipway up` starts it")
    return Finding(
        subject="embedded AWS",
        good=_answers(home),
        detail=f"process {endpoint.pid} at {endpoint.url}",
        remedy=f"it does not answer: read {home.log}, then `slipway down` and `slipway up`",
    )


def _answers(home: Home) -> bool:
    try:
        return client.answering(home) is not None
    except OSError:
        return False
