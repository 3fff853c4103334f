"""`slipway status`: shows executions from the record, also while the embedded AWS is stopped."""

import json
from typing import Annotated

import typer
from rich.console import Console

from rehearsal.cli.live import HALTED, halted, picture, took
from rehearsal.cli.project import ProjectOption, project_folder
from rehearsal.conductor.problems import Problem
from rehearsal.conductor.report import run_as_json
from rehearsal.daemon import client
from rehearsal.home import Home
from rehearsal.record.record import Record, UnknownExecution
from rehearsal.record.views import Run


def status(
    execution: Annotated[str | None, typer.Argument(help="An execution's id; default: the newest.")] = None,
    project: ProjectOption = None,
    every: Annotated[bool, typer.Option("--all", help="List the executions, newest first.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Show an execution's stages and actions."""
    home = Home.of(project_folder(project))
    record = open_record(home)
    runs = record.runs() if every else [find_run(record, execution)]
    if client.answering(home) is None:
        runs = [halted(run) for run in runs]
    if as_json:
        typer.echo(json.dumps([run_as_json(run) for run in runs] if every else run_as_json(runs[0])))
    elif every:
        for run in runs:
            typer.echo(f"{run.execution_id}  {run.pipeline}  {run.status}  {took(run)}")
    else:
        Console().print(picture(runs[0], every_action=True))
    if not as_json and any(run.status == HALTED for run in runs):
        typer.echo("Halted: the embedded AWS is not running. `slipway up` resumes what can be resumed.")


def open_record(home: Home) -> Record:
    if not home.record.exists():
        raise Problem(f"nothing was rehearsed in {home.root.parent} yet", remedy="run `slipway rehearse`")
    return Record(home.record)


def find_run(record: Record, execution: str | None) -> Run:
    if execution is None:
        latest = record.latest_run()
        if latest is None:
            raise Problem("the record has no execution", remedy="run `slipway rehearse`")
        return latest
    try:
        return record.run(execution)
    except UnknownExecution:
        known = ", ".join(run.execution_id for run in record.runs(limit=5))
        raise Problem(
            f"the record has no execution {execution!r}", remedy=f"the newest are: {known}"
        ) from None
