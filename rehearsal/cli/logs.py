"""`slipway logs`: prints the log of an action from the record, and follows it with `-f`."""

from typing import Annotated

import typer

from rehearsal.cli.project import ProjectOption, project_folder, running
from rehearsal.cli.status import find_run, open_record
from rehearsal.conductor.problems import Problem
from rehearsal.home import Home
from rehearsal.record.record import Record
from rehearsal.record.views import ActionRun, Run


def logs(
    action: Annotated[str | None, typer.Argument(help="The action's name; default: the failed one.")] = None,
    execution: Annotated[str | None, typer.Option(help="An execution's id; default: the newest.")] = None,
    project: ProjectOption = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Continue until the action ends.")] = False,
    last: Annotated[int, typer.Option("--last", "-n", min=0, help="Only the last lines; 0 prints all.")] = 0,
) -> None:
    """Print the log of an action."""
    home = Home.of(project_folder(project))
    record = open_record(home)
    run = find_run(record, execution)
    chosen = choose_action(run, action)
    lines = record.log(chosen.action_execution_id)
    for line in lines[-last:] if last else lines:
        typer.echo(line.text)
    if follow:
        _follow(home, record, run.execution_id, chosen, after=lines[-1].number if lines else 0)


def choose_action(run: Run, name: str | None) -> ActionRun:
    begun = [action for stage in run.stages for action in stage.actions if action.status]
    if name is None:
        failed = [action for action in begun if action.status == "Failed"]
        running = [action for action in begun if action.status == "InProgress"]
        begun = failed or running or begun[-1:]
    matching = [action for action in begun if name in (None, action.name, action.action_execution_id)]
    if not matching:
        names = ", ".join(action.name for action in begun) or "none"
        raise Problem(f"no action {name!r} has begun", remedy=f"these have: {names}")
    return matching[-1]


def _follow(home: Home, record: Record, execution_id: str, action: ActionRun, *, after: int) -> None:
    sequence = 0
    while True:
        current = choose_action(record.run(execution_id), action.action_execution_id)
        for line in record.log(action.action_execution_id, after=after):
            typer.echo(line.text)
            after = line.number
        if current.status != "InProgress":
            return
        newest = record.wait_for_change(sequence, timeout=0.5)
        if newest == sequence:
            running(home)  # raises if no daemon runs that could write to the log
        sequence = newest
