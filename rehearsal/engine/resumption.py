"""Resumes a failed or stopped execution: by a retry of its stage, or by an override of a condition."""

from dataclasses import dataclass

from rehearsal.engine.errors import EngineError
from rehearsal.engine.execution import revive
from rehearsal.engine.lanes import Lanes
from rehearsal.engine.launch import Launcher
from rehearsal.engine.ledger import Ledger
from rehearsal.engine.stages import MANUAL_RETRY
from rehearsal.model.definition import PipelineKey
from rehearsal.model.position import Entry, Position
from rehearsal.model.transitions import CONDITION, PIPELINE, STAGE, Event
from rehearsal.record.record import Record, UnknownExecution
from rehearsal.record.views import ConditionRun, Run, StageRun


@dataclass(frozen=True, kw_only=True)
class At:
    """One stage of an execution, as recorded."""

    run: Run
    stage: StageRun


@dataclass(kw_only=True)
class Resumption:
    record: Record
    ledger: Ledger
    lanes: Lanes
    launcher: Launcher

    def retry(self, key: PipelineKey, stage: str, execution_id: str, *, mode: str) -> None:
        with self.lanes.of(key).changed:
            at = self._at(key, stage, execution_id, refused="StageNotRetryableException")
            if not STAGE.allows(at.stage.status, "retry"):
                raise EngineError(
                    "StageNotRetryableException",
                    f"stage {stage!r} is {at.stage.status or 'not started'} in {execution_id}; "
                    "only a failed or stopped stage can be retried",
                )
            succeeded = frozenset(a.name for a in at.stage.actions if a.status == "Succeeded")
            carried = frozenset[str]() if mode == "ALL_ACTIONS" else succeeded
            with self.ledger.transaction("retry a stage"):
                self._go_on(at, "retry", Entry(carried=carried, retried_by=MANUAL_RETRY))

    def override(self, key: PipelineKey, stage: str, execution_id: str, *, kind: str) -> None:
        with self.lanes.of(key).changed:
            at = self._at(key, stage, execution_id, refused="ConditionNotOverridableException")
            condition = self._overridable(at, kind)
            before = kind == "BEFORE_ENTRY"
            entry = Entry(entered=True, entry_condition=False, actions=before, success_condition=before)
            with self.ledger.transaction("override a condition"):
                self.ledger.recorder.end_condition(
                    condition.number,
                    execution_id=execution_id,
                    subject=f"{stage}/{kind}",
                    status=CONDITION.next(condition.status, "override"),
                    summary="overridden on request",
                )
                self._go_on(at, "override", entry)

    def _overridable(self, at: At, kind: str) -> ConditionRun:
        """The condition that made the stage fail."""
        found = [item for item in at.stage.conditions if item.kind == kind]
        newest = found[-1] if found else None
        if (
            newest is None
            or newest.result == "SKIP"
            or at.stage.status != "Failed"
            or not CONDITION.allows(newest.status, "override")
        ):
            raise EngineError(
                "ConditionNotOverridableException",
                f"the stage {at.stage.name!r} did not fail because of a {kind} condition",
            )
        return newest

    def _at(self, key: PipelineKey, stage: str, execution_id: str, *, refused: str) -> At:
        run = self._run(key, execution_id, refused)
        found = self.record.catalogue.find(key)
        recorded = run.stage(stage)
        if found is None or recorded is None or run.version != found.pipeline.version:
            raise EngineError(
                refused, f"{execution_id} ran version {run.version}; the pipeline has changed since"
            )
        latest = self.record.details.latest_in(key, stage=stage)
        if run.mode != "PARALLEL" and latest not in (execution_id, None):
            raise EngineError(
                "NotLatestPipelineExecutionException",
                f"{latest} entered stage {stage!r} after {execution_id}",
            )
        return At(run=run, stage=recorded)

    def _run(self, key: PipelineKey, execution_id: str, refused: str) -> Run:
        """An ended execution of that pipeline that can be resumed."""
        try:
            run = self.record.run(execution_id)
        except UnknownExecution:
            run = None
        if run is None or (run.account, run.region, run.pipeline) != (key.account, key.region, key.name):
            raise EngineError(refused, f"{key.name} has no execution {execution_id}")
        if not PIPELINE.allows(run.status, "retry"):
            raise EngineError(refused, f"{execution_id} is {run.status}")
        return run

    def _go_on(self, at: At, event: Event, entry: Entry) -> None:
        execution = revive(self.record, at.run)
        stage = next(found for found in execution.pipeline.stages if found.name == at.stage.name)
        self.ledger.execution(execution, event)
        if event == "override":
            self.ledger.stage(execution, stage, "override", "the condition was overridden")
        only = execution.kind == "ROLLBACK"
        self.ledger.move(execution, Position(stage=stage.name, entry=entry, only=only))
        self.launcher.walk(execution)
