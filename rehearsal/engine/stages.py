"""Runs one stage of one execution behind its door: entry, groups of actions, success, failure.

What follows a failure (an automatic retry, a roll-back) is decided here; `Reactions` carries out a roll-back.
"""

from dataclasses import dataclass
from functools import partial
from typing import Protocol

from rehearsal.engine.actions import ActionRunner
from rehearsal.engine.conditions import ConditionRunner, Kind, Unmet
from rehearsal.engine.errors import Halted
from rehearsal.engine.execution import Execution
from rehearsal.engine.lane import Lane
from rehearsal.engine.ledger import Ledger
from rehearsal.model.definition import Condition, Stage
from rehearsal.model.plan import groups
from rehearsal.model.position import Entry
from rehearsal.model.results import Fidelity, Gap
from rehearsal.model.transitions import Event
from rehearsal.record.record import Record

AUTOMATED_RETRY, MANUAL_RETRY = "AutomatedStageRetry", "ManualStageRetry"


@dataclass(frozen=True, kw_only=True)
class Failed:
    message: str
    roll_back: bool = False
    by_actions: bool = False


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One execution in one stage."""

    execution: Execution
    stage: Stage
    lane: Lane
    onward: str | None
    """The stage at whose door the execution arrives when it leaves this one."""

    def stay(self) -> None:
        if self.execution.halt is not None:
            raise Halted


class Reactions(Protocol):
    def fail(self, execution: Execution, stage: Stage, failed: Failed) -> None:
        """Record the stage and the execution as failed, and roll back if configured."""


@dataclass(kw_only=True)
class StageRunner:
    record: Record
    ledger: Ledger
    actions: ActionRunner
    conditions: ConditionRunner
    reactions: Reactions

    def run(
        self, execution: Execution, stage: Stage, entry: Entry, lane: Lane, *, onward: str | None
    ) -> bool:
        """False if the stage failed, which is then completely recorded."""
        lane.enter(execution, stage.name, wait=partial(self.ledger.waiting, execution))
        passed = False
        try:
            visit = Visit(execution=execution, stage=stage, lane=lane, onward=onward)
            failed = self._inside(visit, entry)
            if failed:
                self.reactions.fail(execution, stage, failed)
            passed = failed is None
        finally:
            lane.leave(execution, stage.name, onward=onward if passed else None)
        return passed

    def _inside(self, visit: Visit, entry: Entry) -> Failed | None:
        with visit.lane.changed:
            visit.stay()
            visit.execution.require_in_order(visit.stage)
            if self._enter(visit, entry):
                return None
        failed = self._attempt(visit, entry)
        if failed and failed.by_actions and _retries_itself(visit.stage) and not entry.retried_by:
            return self._retry(visit, failed)
        return failed

    def _enter(self, visit: Visit, entry: Entry) -> bool:
        """True if the stage is skipped."""
        execution, stage = visit.execution, visit.stage
        with self.ledger.transaction("enter a stage"):
            if not entry.entered:
                event: Event = "retry" if entry.retried_by else "enter"
                self.ledger.stage(execution, stage, event, retried_by=entry.retried_by)
                self.ledger.move(execution, execution.position.inside(entry))
            if not execution.options.leaves_out(stage.name, execution.pipeline):
                return False
            reason = "left out on request; AWS would have run it"
            self._leave(visit, "skip", reason)
            gap = Gap(subject=f"stage {stage.name}", fidelity=Fidelity.RECORDED, reason=reason)
            self.ledger.recorder.gap(execution.id, gap)
        return True

    def _leave(self, visit: Visit, event: Event, message: str = "") -> None:
        with visit.lane.changed:
            visit.stay()
            with self.ledger.transaction("leave a stage"):
                self.ledger.stage(visit.execution, visit.stage, event, message)
                self.ledger.move(visit.execution, visit.execution.position.onward(visit.onward))

    def _retry(self, visit: Visit, failed: Failed) -> Failed | None:
        execution, stage = visit.execution, visit.stage
        mode = stage.on_failure.retry_mode if stage.on_failure else None
        carried = frozenset[str]() if mode == "ALL_ACTIONS" else self.succeeded(execution, stage)
        entry = Entry(carried=carried, retried_by=AUTOMATED_RETRY, entered=True)
        with visit.lane.changed:
            visit.stay()
            with self.ledger.transaction("retry a stage automatically"):
                self.ledger.stage(execution, stage, "fail", failed.message)
                self.ledger.stage(execution, stage, "retry", retried_by=AUTOMATED_RETRY)
                self.ledger.move(execution, execution.position.inside(entry))
        return self._attempt(visit, entry)

    def succeeded(self, execution: Execution, stage: Stage) -> frozenset[str]:
        """Actions whose latest attempt succeeded."""
        recorded = self.record.run(execution.id).stage(stage.name)
        actions = recorded.actions if recorded else ()
        return frozenset(action.name for action in actions if action.status == "Succeeded")

    def _attempt(self, visit: Visit, entry: Entry) -> Failed | None:
        stage = visit.stage
        if entry.entry_condition and (unmet := self._unmet(visit, stage.before_entry, "BEFORE_ENTRY")):
            if unmet.result == "SKIP":
                self._leave(visit, "skip", unmet.message)
                return None
            return Failed(message=f"the entry condition is not met: {unmet.message}")
        if entry.actions and (failed := self._run_actions(visit, entry)):
            return failed
        if entry.success_condition and (unmet := self._unmet(visit, stage.on_success, "ON_SUCCESS")):
            return Failed(
                message=f"the success condition is not met: {unmet.message}",
                roll_back=unmet.result == "ROLLBACK",
            )
        self._leave(visit, "succeed")
        return None

    def _unmet(self, visit: Visit, conditions: tuple[Condition, ...], kind: Kind) -> Unmet | None:
        unmet = self.conditions.unmet(visit.execution, visit.stage, conditions, kind=kind, lane=visit.lane)
        visit.stay()
        return unmet

    def _run_actions(self, visit: Visit, entry: Entry) -> Failed | None:
        """Run groups in order; after a failure the rest of the group completes and no later group starts."""
        if entry.failed:
            return self._failed(visit, entry, list(entry.failed))
        for group in groups(visit.stage):
            todo = [action for action in group if action.name not in entry.carried]
            visit.stay()
            results = self.actions.run_group(
                visit.execution, visit.stage, todo, lane=visit.lane, resumed=entry.resumed
            )
            visit.stay()
            broken = [action.name for action, result in zip(todo, results, strict=True) if result.failure]
            if broken:
                return self._failed(visit, entry, broken)
        return None

    def _failed(self, visit: Visit, entry: Entry, broken: list[str]) -> Failed:
        """Evaluate the failure conditions; after an automatic retry, only once that has failed too."""
        message, stage = f"{', '.join(broken)} failed", visit.stage
        retries = _retries_itself(stage) and not entry.retried_by
        if retries or stage.on_failure is None:
            return Failed(message=message, by_actions=True)
        conditions = stage.on_failure.conditions
        unmet = self._unmet(visit, conditions, "ON_FAILURE")
        result = unmet.result if unmet else None if conditions else stage.on_failure.result
        return Failed(message=message, by_actions=True, roll_back=result == "ROLLBACK")


def _retries_itself(stage: Stage) -> bool:
    return stage.on_failure is not None and stage.on_failure.result == "RETRY"
