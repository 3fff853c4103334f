"""`slipway processes`: what the embedded AWS of a project has running, and where its logs are."""

import json
from typing import Annotated

import typer

from rehearsal.cli.project import ProjectOption, project_folder
from rehearsal.home import Home
from rehearsal.processes import Entry, living


def processes(
    project: ProjectOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """List the builds, functions, agents and databases that run."""
    found = living(Home.of(project_folder(project)).processes)
    if as_json:
        typer.echo(json.dumps([_as_json(entry) for entry in found]))
        return
    for entry in found:
        details = "  ".join(filter(None, (entry.address, entry.log)))
        typer.echo(f"{entry.kind:<8}  {entry.pid:>7}  {entry.name}  {details}".rstrip())
    if not found:
        typer.echo("Nothing is running.")


def _as_json(entry: Entry) -> dict[str, str | int]:
    return {
        "kind": entry.kind,
        "name": entry.name,
        "pid": entry.pid,
        "address": entry.address,
        "log": entry.log,
    }
