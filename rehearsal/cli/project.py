"""The project of a command: the given folder, or the one around the current folder."""

from pathlib import Path
from typing import Annotated

import typer

from rehearsal.conductor.problems import Problem
from rehearsal.daemon import client
from rehearsal.fingerprint import fingerprint
from rehearsal.home import Endpoint, Home
from rehearsal.record.record import Record

ProjectOption = Annotated[
    Path | None,
    typer.Option("--project", "-C", help="The project's folder; default: the one around the current folder."),
]


def project_folder(given: Path | None) -> Path:
    """The nearest parent folder with a `cdk.json`, a `.slipway` or a git repository."""
    if given is not None:
        if not given.is_dir():
            raise Problem(f"{given} is not a folder", remedy="name the project's folder")
        return given.resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if any((folder / mark).exists() for mark in ("cdk.json", ".slipway", ".git")):
            return folder
    return here


def usable_home(project: Path) -> Home:
    """The project's home, created if it is missing; raises if it or its record cannot be used.

    Otherwise the daemon would end with an error that only its log shows.
    """
    home = Home.of(project)
    home.create()
    if home.record.exists():
        Record(home.record).latest_run()
    return home


def warn_of_older_code(endpoint: Endpoint) -> None:
    if endpoint.code != fingerprint():
        typer.echo(
            "warning: the running embedded AWS has other code than this command, because Slipway changed "
            "since it was started: `slipway down`, then run the command again",
            err=True,
        )


def running(home: Home) -> Endpoint:
    endpoint = client.answering(home)
    if endpoint is None:
        raise Problem(
            f"no embedded AWS is running for {home.root.parent}",
            remedy="start it with `slipway up`, or run `slipway rehearse`",
        )
    warn_of_older_code(endpoint)
    return endpoint
