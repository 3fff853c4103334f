"""The live display of a run: the whole plan, running actions, durations."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from rich.console import Group
from rich.table import Table
from rich.text import Text

from rehearsal.record.views import ActionRun, Run, StageRun

HALTED = "Halted"
"""The status of items that are in progress in the record while no embedded AWS runs."""

MARKS = {
    None: ("·", "dim"),
    "InProgress": ("▶", "cyan"),
    "Succeeded": ("✔", "green"),
    "Failed": ("✘", "bold red"),
    "Stopped": ("■", "yellow"),
    "Stopping": ("■", "yellow"),
    "Cancelled": ("■", "yellow"),
    "Superseded": ("»", "yellow"),
    "Abandoned": ("■", "yellow"),
    HALTED: ("■", "yellow"),
    "Skipped": ("»", "dim"),
}


def duration(started: float | None, ended: float | None, *, now: float | None = None) -> str:
    if started is None:
        return ""
    seconds = (ended if ended is not None else (now or time.time())) - started
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


LastLine = Callable[[str], str]
"""The end of an action's log, by the action execution's id."""


def picture(run: Run, *, every_action: bool = False, last_line: LastLine = lambda _: "") -> Group:
    """The current state of the run: every stage, and the actions of unfinished stages that have started."""
    return Group(_heading(run), _stages(run.stages, every_action=every_action, last_line=last_line))


def halted(run: Run) -> Run:
    """The run with `HALTED` instead of every status of something running."""
    stages = tuple(
        replace(
            stage,
            status=_halted(stage.status),
            actions=tuple(replace(action, status=_halted(action.status)) for action in stage.actions),
        )
        for stage in run.stages
    )
    return replace(run, status=_halted(run.status) or run.status, stages=stages)


def _halted(status: str | None) -> str | None:
    return HALTED if status in ("InProgress", "Stopping") else status


def took(item: Run | StageRun | ActionRun) -> str:
    """Its duration, or its duration so far; empty if its end is not known."""
    return "" if item.status == HALTED else duration(item.started, item.ended)


def _heading(run: Run) -> Text:
    mark, style = MARKS.get(run.status, ("?", "yellow"))
    kind = " (roll-back)" if run.rollback_of else ""
    return Text.assemble(
        (f"{mark} ", style),
        (run.pipeline, "bold"),
        f"  {run.status}{kind}  {took(run)}  ",
        (run.execution_id, "dim"),
    )


def _stages(stages: Iterable[StageRun], *, every_action: bool, last_line: LastLine) -> Table:
    """Names and durations are never broken: what follows them gives way in a narrow terminal."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for stage in stages:
        mark, style = MARKS.get(stage.status, ("?", "yellow"))
        table.add_row(
            Text.assemble((f"  {mark} ", style), (stage.name, "bold" if stage.status else "dim")),
            Text(took(stage), style="dim"),
            "",
        )
        if stage.status is None or (stage.status == "Succeeded" and not every_action):
            continue
        for action in stage.actions:
            table.add_row(*_action(action, last_line))
    return table


def _action(action: ActionRun, last_line: LastLine) -> tuple[Text, Text, Text]:
    mark, style = MARKS.get(action.status, ("?", "yellow"))
    summary = action.summary
    if action.status == "InProgress":
        summary = ": ".join(filter(None, (action.progress, last_line(action.action_execution_id))))
    return (
        Text.assemble(("      " + mark + " ", style), action.name),
        Text(took(action), style="dim"),
        Text(_first_line(summary), style="dim", overflow="ellipsis", no_wrap=True),
    )


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text else ""
