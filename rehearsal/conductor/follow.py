"""Follow one delivery to its end, through the executions that it becomes.

A self-mutation ends the running execution and starts another; a roll-back starts one more. To the
person who pushed, these are one delivery, so they are followed as one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from rehearsal.record.record import Record
from rehearsal.record.views import ActionRun, Run, StageRun

ENDED_WELL = "Succeeded"
RUNNING = ("InProgress", "Stopping")


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """An approval that asks for an answer now."""

    run: Run
    stage: StageRun
    action: ActionRun


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What came of it: the executions in the order in which they took over from each other."""

    runs: tuple[Run, ...]
    unanswered: Waiting | None = None

    @property
    def decisive(self) -> Run:
        """The execution that carries the person's change; a roll-back after it does not."""
        return next(run for run in reversed(self.runs) if run.rollback_of is None)


class Answers(Protocol):
    def __call__(self, waiting: Waiting) -> bool:
        """Give an answer through the API; False where nobody can."""


def follow(
    record: Record,
    execution_id: str,
    *,
    show: Callable[[Run], None],
    answer: Answers,
    check: Callable[[], None],
) -> Delivery:
    """`check` is called while nothing changes, and raises where nothing will any more."""
    runs: list[Run] = []
    following: str | None = execution_id
    while following:
        asked: set[str] = set()
        for run in _snapshots(record, following, check):
            show(run)
            for waiting in waiting_in(run):
                if waiting.action.token in asked:
                    continue
                asked.add(waiting.action.token or "")
                if not answer(waiting):
                    return Delivery(runs=(*runs, run), unanswered=waiting)
        runs.append(record.run(following))
        following = _successor(record, runs[-1])
    return Delivery(runs=tuple(runs))


def _snapshots(record: Record, execution_id: str, check: Callable[[], None]) -> Iterator[Run]:
    """The run whenever something changed, the last time when it has ended."""
    sequence = 0
    while True:
        run = record.run(execution_id)
        yield run
        if run.status not in RUNNING:
            return
        newest = record.wait_for_change(sequence, timeout=0.5)
        if newest == sequence:
            check()
        sequence = newest


def waiting_in(run: Run) -> Iterator[Waiting]:
    for stage in run.stages:
        for action in stage.actions:
            if action.token and action.status == "InProgress":
                yield Waiting(run=run, stage=stage, action=action)


def _successor(record: Record, run: Run) -> str | None:
    """The execution that repeats this one after a self-mutation, or that rolls back what it broke.

    It is recorded in the same transaction as the end of the one that it follows.
    """
    later = (found for found in record.runs(limit=20) if found.pipeline == run.pipeline)
    return next((found.execution_id for found in later if _takes_over(found, run)), None)


def _takes_over(later: Run, run: Run) -> bool:
    return later.restart_of == run.execution_id or (
        later.trigger.kind == "AutomatedRollback" and run.execution_id in later.trigger.detail
    )
