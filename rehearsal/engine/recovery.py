"""What happens to executions when the daemon ends, and when the next one begins.

An execution goes on from its recorded position if nothing of it was running: it waited for a stage, or
was between two groups of actions, or all that was in progress were approvals, whose questions are in the
record; or an action had failed, and what follows from that had not happened yet. It never goes past a
stage that is not Succeeded or Skipped. Everything else was cut off in the middle of an action or a
condition. That one failed, and so did its stage and the execution, which says why and can be retried like
after any other failure.
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
"""How an action ends by itself; one that was abandoned did not."""

CUT_OFF = "the rehearsal ended while this ran; retry the stage to go on"
_log = logging.getLogger("rehearsal.engine")


@dataclass(kw_only=True)
class Recovery:
    record: Record
    ledger: Ledger
    lanes: Lanes
    launcher: Launcher
    ending: Ending

    def cut_off(self) -> None:
        """End every task and write down what cannot go on later."""
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
            _log.exception("what was cut off cannot be written; the next `slipway up` will do it")
        finally:
            self.ledger.closed = True

    def go_on(self) -> None:
        """Those inside a stage first, then those who wait, in the order in which they stood."""
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
                _log.exception("execution %s cannot be taken up again", run.execution_id)
                return
            else:
                return

    def _settle(self, found: Run) -> None:
        """Unless it was started, or ended, while this daemon already answered."""
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
        """Where the execution can go on, if it can."""
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
    """How to go on inside the stage; None if an action or a condition of it was running.

    A failure that nothing had followed from yet is followed up now: by a retry or a roll-back, above all.
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
