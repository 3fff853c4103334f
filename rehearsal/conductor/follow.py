"""Follows one delivery to its end, through all of its executions.

A self-mutation ends the running execution and starts another; a roll-back starts one more. For the person who
pushed they are one delivery, so they are followed together.
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
    """An approval that is pending now."""

    run: Run
    stage: StageRun
    action: ActionRun


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """The executions of a delivery, in order."""

    runs: tuple[Run, ...]
    unanswered: Waiting | None = None

    @property
    def decisive(self) -> Run:
        """The last execution with the person's change, which is not the roll-back after it."""
        return next(run for run in reversed(self.runs) if run.rollback_of is None)


class Answers(Protocol):
    def __call__(self, waiting: Waiting) -> bool:
        """Answer the approval through the API; False if nobody can."""


def follow(
    record: Record,
    execution_id: str,
    *,
    show: Callable[[Run], None],
    answer: Answers,
    check: Callable[[], None],
) -> Delivery:
    """`check` is called while nothing changes, and raises if nothing can change any more."""
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
    """The run after each change, and a last time when it has ended."""
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
    """The execution that repeats this one after a self-mutation, or that rolls it back.

    It is recorded in the transaction that ends this one.
    """
    later = (found for found in record.runs(limit=20) if found.pipeline == run.pipeline)
    return next((found.execution_id for found in later if _takes_over(found, run)), None)


def _takes_over(later: Run, run: Run) -> bool:
    return later.restart_of == run.execution_id or (
        later.trigger.kind == "AutomatedRollback" and run.execution_id in later.trigger.detail
    )
