"""`slipway logs`: prints the log of an action, a function or a stack, and follows it with `-f`."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated

import typer

from rehearsal.cli.project import ProjectOption, project_folder, running
from rehearsal.cli.status import find_run, open_record
from rehearsal.conductor.aws_logs import LogLine, function_log, stack_log
from rehearsal.conductor.problems import Problem
from rehearsal.daemon import client
from rehearsal.home import Home
from rehearsal.record.record import Record
from rehearsal.record.views import ActionRun, Run

_POLL_SECONDS = 0.5


def logs(
    action: Annotated[str | None, typer.Argument(help="The action's name; default: the failed one.")] = None,
    execution: Annotated[str | None, typer.Option(help="An execution's id; default: the newest.")] = None,
    function: Annotated[
        str | None, typer.Option(metavar="NAME", help="A function's log instead; a part of its name will do.")
    ] = None,
    stack: Annotated[
        str | None, typer.Option(metavar="NAME", help="A stack's events instead; a part of its name will do.")
    ] = None,
    project: ProjectOption = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Continue until the action ends; others until Ctrl-C.")
    ] = False,
    last: Annotated[int, typer.Option("--last", "-n", min=0, help="Only the last lines; 0 prints all.")] = 0,
) -> None:
    """Print the log of an action, a function or a stack."""
    home = Home.of(project_folder(project))
    if len([name for name in (action, function, stack) if name is not None]) > 1:
        raise typer.BadParameter("name one action, one function or one stack")
    if function is None and stack is None:
        _print_action(home, action, execution, last=last, follow=follow)
        return
    endpoint = running(home)
    read = function_log(endpoint, function) if function is not None else stack_log(endpoint, str(stack))
    shown = list(read())
    _echo(shown[-last:] if last else shown)
    if follow:
        _echo_news(read, shown, still=partial(client.check_running, home, endpoint))


def _echo_news(
    read: Callable[[], Iterator[LogLine]], shown: list[LogLine], *, still: Callable[[], None]
) -> None:
    printed = {line.key for line in shown}
    while True:
        time.sleep(_POLL_SECONDS)
        still()
        news = [line for line in read() if line.key not in printed]
        printed.update(line.key for line in news)
        _echo(news)


def _echo(lines: list[LogLine]) -> None:
    for line in lines:
        typer.echo(f"{line.at:%H:%M:%S} {line.text}")


def _print_action(home: Home, name: str | None, execution: str | None, *, last: int, follow: bool) -> None:
    record = open_record(home)
    run = find_run(record, execution)
    chosen = choose_action(run, name)
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
        remedy = f"these have: {names}; `--function` and `--stack` print other logs"
        raise Problem(f"no action {name!r} has begun", remedy=remedy)
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
