"""What happens to executions when the daemon ends, and when the next one begins.

An execution goes on if nothing of it was running: it waited at a door, or all that was in progress
were approvals, whose questions are in the record. Everything else was cut off in the middle of an
action. That action failed, and so did its stage and the execution, which says why and can be
retried like after any other failure.
"""

from dataclasses import dataclass

from rehearsal.engine.execution import Execution, Task, revive
from rehearsal.engine.lanes import Lanes
from rehearsal.engine.launch import Launcher, Start
from rehearsal.engine.ledger import Ledger
from rehearsal.engine.ports import ActionResult, Failure
from rehearsal.engine.stages import ORDINARY, Entry
from rehearsal.model.definition import Pipeline, PipelineKey, Stage
from rehearsal.model.transitions import CONDITION, STAGE
from rehearsal.record.record import Record
from rehearsal.record.views import ActionRun, Run, StageRun

CUT_OFF = "the rehearsal ended while this ran; retry the stage to go on"


@dataclass(kw_only=True)
class Recovery:
    record: Record
    ledger: Ledger
    lanes: Lanes
    launcher: Launcher

    def cut_off(self) -> None:
        """End every task and write down what cannot go on later."""
        self.ledger.closed = True
        for execution in self.lanes.executions():
            lane = self.lanes.of(execution.key)
            with lane.changed:
                execution.halt = execution.halt or "cancel"
                for end in list(execution.tasks.values()):
                    end(CUT_OFF, 0)
                lane.wake()
        self.launcher.join(5)
        self.ledger.closed = False
        for run in self._unfinished():
            if self._start(run) is None:
                self._fail(run)
        self.ledger.closed = True

    def go_on(self) -> None:
        """Those that were inside a stage first, then those at the doors, in their own order."""
        runs = sorted(self._unfinished(), key=lambda run: (run.waiting_at is not None, run.started))
        for run in runs:
            start = self._start(run)
            if start is None:
                self._fail(run)
            else:
                self.launcher.walk(self._revived(run), start)

    def _unfinished(self) -> list[Run]:
        """Oldest first."""
        return list(reversed(self.record.unfinished()))

    def _revived(self, run: Run) -> Execution:
        return revive(self.record, run, self._pipeline(run))

    def _pipeline(self, run: Run) -> Pipeline:
        key = PipelineKey(account=run.account, region=run.region, name=run.pipeline)
        pipeline = self.record.catalogue.definition(key, run.version)
        if pipeline is None:
            raise LookupError(f"the record has no version {run.version} of {run.pipeline}")
        return pipeline

    def _start(self, run: Run) -> Start | None:
        """Where the execution can go on, if it can."""
        if run.status != "InProgress" or not self._pipeline_exists(run):
            return None
        only = run.kind == "ROLLBACK"
        inside = next((stage for stage in run.stages if stage.status == "InProgress"), None)
        if inside is None:
            index = self._next_stage(run)
            return None if index is None else Start(stage=index, entry=ORDINARY, only=only)
        entry = _waiting_entry(inside)
        return Start(stage=run.stages.index(inside), entry=entry, only=only) if entry else None

    def _pipeline_exists(self, run: Run) -> bool:
        key = PipelineKey(account=run.account, region=run.region, name=run.pipeline)
        return self.record.catalogue.find(key) is not None

    def _next_stage(self, run: Run) -> int | None:
        names = [stage.name for stage in run.stages]
        if run.waiting_at in names:
            return names.index(run.waiting_at)
        if run.kind == "ROLLBACK":
            return None
        return next((index for index, stage in enumerate(run.stages) if stage.status is None), None)

    def _fail(self, run: Run) -> None:
        execution = self._revived(run)
        with self.record.database.writing():
            for stage in execution.pipeline.stages:
                recorded = run.stage(stage.name)
                if recorded:
                    self._fail_stage(execution, stage, recorded)
            if run.status == "Stopping":
                self.ledger.execution(execution, "stopped", CUT_OFF)
            else:
                self.ledger.execution(execution, "fail", CUT_OFF)

    def _fail_stage(self, execution: Execution, stage: Stage, recorded: StageRun) -> None:
        actions = {action.name: action for action in stage.actions}
        for running in recorded.actions:
            if running.status == "InProgress":
                task = Task()
                failure = Failure(code="SystemUnavailable", message=CUT_OFF)
                task.settle("fail", ActionResult(failure=failure))
                self.ledger.end_action(
                    execution, stage, actions[running.name], running.action_execution_id, task
                )
        for condition in recorded.conditions:
            if condition.status == CONDITION.start:
                self.ledger.recorder.end_condition(
                    condition.number,
                    execution_id=execution.id,
                    subject=f"{stage.name}/{condition.kind}",
                    status=CONDITION.next(condition.status, "abandon"),
                    summary=CUT_OFF,
                )
        if STAGE.allows(recorded.status, "stopped"):
            self.ledger.stage(execution, stage, "stopped", CUT_OFF)
        elif recorded.status == "InProgress":
            self.ledger.stage(execution, stage, "fail", CUT_OFF)


def _waiting_entry(stage: StageRun) -> Entry | None:
    """How to go on inside the stage, if nothing but approvals was in progress there."""
    running = [action for action in stage.actions if action.status == "InProgress"]
    if not running or not all(_waits(action) for action in running):
        return None
    return Entry(
        entered=True,
        entry_condition=False,
        carried=frozenset(action.name for action in stage.actions if action.status == "Succeeded"),
        resumed={action.name: action.action_execution_id for action in running},
    )


def _waits(action: ActionRun) -> bool:
    return action.category == "Approval"
