"""`slipway approve` and `slipway reject`: answer a pending approval."""

from typing import Annotated

import typer

from rehearsal.cli.project import ProjectOption, project_folder, running
from rehearsal.conductor.approvals import Decision, TooLateError, decide, waiting_approvals
from rehearsal.conductor.follow import Waiting
from rehearsal.conductor.problems import Problem
from rehearsal.daemon import client
from rehearsal.home import Home
from rehearsal.record.record import Record

Name = Annotated[str | None, typer.Argument(help="The approval's name; needed if several are pending.")]
Comment = Annotated[str, typer.Option("--comment", "-m", help="The reason to record.")]


def approve(name: Name = None, comment: Comment = "", project: ProjectOption = None) -> None:
    """Approve a pending approval, so that its stage continues."""
    _answer(name, comment or "approved with slipway approve", "Approved", project)


def reject(name: Name = None, comment: Comment = "", project: ProjectOption = None) -> None:
    """Reject a pending approval; its execution fails and no later stage runs."""
    _answer(name, comment or "rejected with slipway reject", "Rejected", project)


def _answer(name: str | None, comment: str, decision: Decision, project: ProjectOption) -> None:
    home = Home.of(project_folder(project))
    session = client.session(running(home))
    waiting = _choose(name, waiting_approvals(Record(home.record)))
    try:
        decide(session, waiting, decision, comment)
    except TooLateError as late:
        raise Problem(str(late), remedy="`slipway status` shows the result") from late
    typer.echo(f"{decision}: {waiting.action.name} in {waiting.stage.name} of {waiting.run.pipeline}.")


def _choose(name: str | None, waiting: list[Waiting]) -> Waiting:
    names = ", ".join(each.action.name for each in waiting)
    matching = [each for each in waiting if name in (None, each.action.name, each.stage.name)]
    if not waiting:
        raise Problem("no approval is pending", remedy="`slipway status` shows what runs")
    if not matching:
        raise Problem(f"no approval {name!r} waits", remedy=f"these do: {names}")
    if len(matching) > 1:
        raise Problem(f"{len(matching)} approvals are pending: {names}", remedy="name one of them")
    return matching[0]
