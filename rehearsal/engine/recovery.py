"""Interrupts executions when the daemon ends, and resumes or fails them when the next daemon starts.

An execution resumes from its recorded position if nothing of it was running, which means one of these: it
waited for a stage; it was between two groups of actions; only approvals were in progress, which are in the
record; or an action had failed and the failure had not been handled yet. It never passes a stage that is not
Succeeded or Skipped. Any other execution was interrupted inside an action or a condition. That action or
condition fails, and with it the stage and the execution; the reason says so, and the stage can be retried.
"""

import logging
import time
from dataclasses import dataclass, replace

from rehearsal.engine.ending import Ending
from rehearsal.engine.execution import PASSED, RUNNING, Execution, revive
from rehearsal.engine.lanes import Lanes
from rehearsal.engine.launch import Launcher
from rehearsal.engine.ledger import Ledger
from rehearsal.model.definition import PipelineKey, Stage
from rehearsal.model.position import Entry, Position
from rehearsal.model.transitions import ACTION, STAGE, Event
from rehearsal.record.database import WriteError
from rehearsal.record.record import Record
from rehearsal.record.views import ActionRun, Run, StageRun

ENDED = ("Succeeded", "Failed")
"""States of a completed action; an abandoned one did not complete."""

CUT_OFF = "the rehearsal ended while this ran; retry the stage to continue"
_log = logging.getLogger("rehearsal.engine")


@dataclass(kw_only=True)
class Recovery:
    record: Record
    ledger: Ledger
    lanes: Lanes
    launcher: Launcher
    ending: Ending

    def cut_off(self) -> None:
        """End all tasks and record the failure of those that cannot resume later."""
        self.ledger.closed = True
        for execution in self.lanes.executions():
            lane = self.lanes.of(execution.key)
            with lane.changed:
                lane.halt(execution, execution.halt or "cancel", CUT_OFF)
                for end in list(execution.tasks.values()):
                    end(CUT_OFF, 0)
        self.launcher.join(5)
        self.ledger.closed = False
        try:
            for run in self._unfinished():
                if self._resumable(run) is None:
                    self._end(run)
        except WriteError:
            _log.exception("interrupted actions cannot be recorded; the next `slipway up` will do it")
        finally:
            self.ledger.closed = True

    def go_on(self) -> None:
        """Resume executions inside a stage first, then waiting ones in their previous order."""
        for run in sorted(self._unfinished(), key=_order):
            self._until_written(run)

    def _until_written(self, run: Run) -> None:
        while not self.ledger.closed:
            try:
                self._settle(run)
            except WriteError:
                _log.exception("execution %s cannot be written; trying again", run.execution_id)
                time.sleep(self.launcher.settings.write_again_seconds)
            except Exception:
                _log.exception("execution %s cannot be resumed", run.execution_id)
                return
            else:
                return

    def _settle(self, found: Run) -> None:
        """Resume or fail the execution, unless this daemon started or ended it meanwhile."""
        lane = self.lanes.of(_key(found))
        with lane.changed:
            run = self.record.run(found.execution_id)
            if run.execution_id in lane.executions or run.status not in RUNNING:
                return
            position = self._resumable(run)
            if position is None:
                self._end(run)
                return
            execution = self._revived(run)
            execution.position = position
            self.launcher.walk(execution)

    def _end(self, run: Run) -> None:
        execution = self._revived(run)
        with self.lanes.of(execution.key).changed:
            self.ending.end(execution, CUT_OFF)

    def _unfinished(self) -> list[Run]:
        """Oldest first."""
        return list(reversed(self.record.unfinished()))

    def _revived(self, run: Run) -> Execution:
        execution = revive(self.record, run)
        if run.status == "Stopping":
            execution.halt = "stop"
        return execution

    def _resumable(self, run: Run) -> Position | None:
        """The position from which the execution can resume, or None."""
        position = run.position
        if run.status != "InProgress" or position is None or self.record.catalogue.find(_key(run)) is None:
            return None
        names = [stage.name for stage in run.stages]
        reached = len(names) if position.finished else names.index(position.stage)
        if not position.only and any(stage.status not in PASSED for stage in run.stages[:reached]):
            return None
        if position.finished:
            return position
        stage = run.stages[reached]
        if not position.entry.entered:
            event: Event = "retry" if position.entry.retried_by else "enter"
            return position if STAGE.allows(stage.status, event) else None
        entry = inside(_declared(revive(self.record, run), stage), stage, position.entry)
        return replace(position, entry=entry) if entry else None


def inside(declared: Stage, stage: StageRun, entry: Entry) -> Entry | None:
    """Where to resume inside the stage; None if one of its actions or conditions was running.

    A failure that was not handled yet is handled now, by a retry or a roll-back.
    """
    actions = [action for action in stage.actions if action.attempt == stage.attempt]
    conditions = [found for found in stage.conditions if found.attempt == stage.attempt]
    running = [action for action in actions if action.status == ACTION.start]
    ended = [action for action in actions if action.status != ACTION.start]
    failed = tuple(action.name for action in ended if action.status == "Failed")
    if (
        stage.status != STAGE.next(None, "enter")
        or not all(map(_waits, running))
        or any(action.status not in ENDED for action in ended)
        or (failed and running)
        or any(found.status not in ("Succeeded", "Overridden") for found in conditions)
    ):
        return None
    evaluated = [found.kind for found in conditions]
    enter = evaluated.count("BEFORE_ENTRY") < len(declared.before_entry)
    succeed = evaluated.count("ON_SUCCESS") < len(declared.on_success)
    return replace(
        entry,
        carried=entry.carried | {action.name for action in ended if action.name not in failed},
        failed=failed,
        resumed={action.name: action.action_execution_id for action in running},
        entry_condition=entry.entry_condition and enter,
        success_condition=entry.success_condition and succeed,
    )


def _declared(execution: Execution, stage: StageRun) -> Stage:
    return next(found for found in execution.pipeline.stages if found.name == stage.name)


def _key(run: Run) -> PipelineKey:
    return PipelineKey(account=run.account, region=run.region, name=run.pipeline)


def _order(run: Run) -> tuple[bool, bool, int]:
    position = run.position
    return (
        position is None or not position.entry.entered,
        position is None or not position.first,
        run.number,
    )


def _waits(action: ActionRun) -> bool:
    return action.category == "Approval"
