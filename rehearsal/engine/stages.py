"""Runs one stage of one execution behind its door: entry, groups of actions, success, failure.

What follows a failure (a retry of its own, a roll-back) is decided here; who rolls back and how is
the engine's affair (`Reactions`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from rehearsal.engine.actions import ActionRunner
from rehearsal.engine.conditions import ConditionRunner, Unmet
from rehearsal.engine.errors import Halted
from rehearsal.engine.execution import Execution
from rehearsal.engine.lane import Lane
from rehearsal.engine.ledger import Ledger
from rehearsal.engine.left_out import left_out_stages
from rehearsal.engine.ports import Fidelity, Gap
from rehearsal.home import Home
from rehearsal.model.definition import Stage
from rehearsal.model.plan import groups
from rehearsal.model.transitions import Event
from rehearsal.record.record import Record

AUTOMATED_RETRY, MANUAL_RETRY = "AutomatedStageRetry", "ManualStageRetry"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """How far into the stage the execution already is: all defaults for the ordinary way in."""

    carried: frozenset[str] = frozenset()
    """Actions that succeeded in an earlier attempt and are not run again."""
    retried_by: str = ""
    resumed: Mapping[str, str] = field(default_factory=dict)
    """Approvals that waited when the daemon ended, with their action execution ids."""
    entered: bool = False
    """The stage is in progress already: after a restart, or after an overridden condition."""
    entry_condition: bool = True
    actions: bool = True
    success_condition: bool = True


ORDINARY = Entry()


@dataclass(frozen=True, kw_only=True)
class Failed:
    message: str
    roll_back: bool = False
    by_actions: bool = False


class Reactions(Protocol):
    def fail(self, execution: Execution, stage: Stage, failed: Failed) -> None:
        """Record the stage and the execution as failed, and roll back if that is wanted."""


@dataclass(kw_only=True)
class StageRunner:
    home: Home
    record: Record
    ledger: Ledger
    actions: ActionRunner
    conditions: ConditionRunner
    reactions: Reactions

    def run(
        self, execution: Execution, stage: Stage, entry: Entry, lane: Lane, *, onward: str | None
    ) -> bool:
        """False where the stage failed; everything about that is recorded then.

        `onward` is the stage at whose door the execution arrives as it leaves this one.
        """
        lane.enter(execution, stage.name, wait=partial(self.ledger.waiting, execution))
        passed = False
        try:
            failed = self._inside(execution, stage, entry, lane)
            if failed:
                self.reactions.fail(execution, stage, failed)
            passed = failed is None
        finally:
            lane.leave(execution, stage.name, onward=onward if passed else None)
        return passed

    def _inside(self, execution: Execution, stage: Stage, entry: Entry, lane: Lane) -> Failed | None:
        with lane.changed:
            if not entry.entered:
                event: Event = "retry" if entry.retried_by else "enter"
                self.ledger.stage(execution, stage, event, retried_by=entry.retried_by)
            if stage.name in left_out_stages(self.home):
                self._leave_out(execution, stage)
                return None
        failed = self._attempt(execution, stage, entry, lane)
        if failed and failed.by_actions and _retries_itself(stage) and not entry.retried_by:
            return self._retry(execution, stage, failed, lane)
        return failed

    def _leave_out(self, execution: Execution, stage: Stage) -> None:
        reason = "left out on request; AWS would have run it"
        self.ledger.stage(execution, stage, "skip", reason)
        gap = Gap(subject=f"stage {stage.name}", fidelity=Fidelity.RECORDED, reason=reason)
        self.ledger.recorder.gap(execution.id, gap)

    def _retry(self, execution: Execution, stage: Stage, failed: Failed, lane: Lane) -> Failed | None:
        with lane.changed:
            self.ledger.stage(execution, stage, "fail", failed.message)
            self.ledger.stage(execution, stage, "retry", retried_by=AUTOMATED_RETRY)
        mode = stage.on_failure.retry_mode if stage.on_failure else None
        carried = frozenset[str]() if mode == "ALL_ACTIONS" else self.succeeded(execution, stage)
        return self._attempt(execution, stage, Entry(carried=carried, retried_by=AUTOMATED_RETRY), lane)

    def succeeded(self, execution: Execution, stage: Stage) -> frozenset[str]:
        """Actions whose newest attempt succeeded."""
        recorded = self.record.run(execution.id).stage(stage.name)
        actions = recorded.actions if recorded else ()
        return frozenset(action.name for action in actions if action.status == "Succeeded")

    def _attempt(self, execution: Execution, stage: Stage, entry: Entry, lane: Lane) -> Failed | None:
        if entry.entry_condition:
            unmet = self._unmet_entry(execution, stage, lane)
            if unmet and unmet.result == "SKIP":
                with lane.changed:
                    self.ledger.stage(execution, stage, "skip", unmet.message)
                return None
            if unmet:
                return Failed(message=f"the entry condition is not met: {unmet.message}")
        if entry.actions:
            failed = self._run_actions(execution, stage, entry, lane)
            if failed:
                return failed
        if entry.success_condition and (unmet := self._unmet_success(execution, stage, lane)):
            return Failed(
                message=f"the success condition is not met: {unmet.message}",
                roll_back=unmet.result == "ROLLBACK",
            )
        with lane.changed:
            _stay_on(execution)
            self.ledger.stage(execution, stage, "succeed")
        return None

    def _unmet_entry(self, execution: Execution, stage: Stage, lane: Lane) -> Unmet | None:
        unmet = self.conditions.unmet(execution, stage, stage.before_entry, kind="BEFORE_ENTRY", lane=lane)
        _stay_on(execution)
        return unmet

    def _unmet_success(self, execution: Execution, stage: Stage, lane: Lane) -> Unmet | None:
        unmet = self.conditions.unmet(execution, stage, stage.on_success, kind="ON_SUCCESS", lane=lane)
        _stay_on(execution)
        return unmet

    def _run_actions(self, execution: Execution, stage: Stage, entry: Entry, lane: Lane) -> Failed | None:
        """Groups one after the other; a failure lets its own group end and no later one begin."""
        for group in groups(stage):
            todo = [action for action in group if action.name not in entry.carried]
            _stay_on(execution)
            results = self.actions.run_group(execution, stage, todo, lane=lane, resumed=entry.resumed)
            _stay_on(execution)
            broken = [action.name for action, result in zip(todo, results, strict=True) if result.failure]
            if broken:
                return self._failed(execution, stage, broken, lane)
        return None

    def _failed(self, execution: Execution, stage: Stage, broken: list[str], lane: Lane) -> Failed:
        message = f"{', '.join(broken)} failed"
        if _retries_itself(stage) or stage.on_failure is None:
            return Failed(message=message, by_actions=True)
        conditions = stage.on_failure.conditions
        unmet = self.conditions.unmet(execution, stage, conditions, kind="ON_FAILURE", lane=lane)
        _stay_on(execution)
        result = unmet.result if unmet else None if conditions else stage.on_failure.result
        return Failed(message=message, by_actions=True, roll_back=result == "ROLLBACK")


def _retries_itself(stage: Stage) -> bool:
    return stage.on_failure is not None and stage.on_failure.result == "RETRY"


def _stay_on(execution: Execution) -> None:
    if execution.halt is not None:
        raise Halted
