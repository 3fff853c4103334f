"""`slipway gaps`: every known difference from AWS of one execution, each with its reason."""

import json
from typing import Annotated

import typer

from rehearsal.cli.project import ProjectOption, project_folder
from rehearsal.cli.status import find_run, open_record
from rehearsal.conductor.gaps import gaps_of
from rehearsal.conductor.report import gap_as_json
from rehearsal.home import Home


def gaps(
    execution: Annotated[str | None, typer.Argument(help="An execution's id; default: the newest.")] = None,
    project: ProjectOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """List every known difference between an execution and the same on AWS."""
    home = Home.of(project_folder(project))
    found = gaps_of(home, find_run(open_record(home), execution).execution_id)
    if as_json:
        typer.echo(json.dumps([gap_as_json(gap) for gap in found]))
        return
    for gap in found:
        typer.echo(f"{gap.fidelity.value:<9} {gap.subject}: {gap.reason}")
