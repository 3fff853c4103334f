"""Rolls a stage back: starts an execution with the artifacts of one that succeeded in the stage.

As in CodePipeline, the target must be a standard execution of the pipeline's current version. The new
execution runs that one stage. If it fails, it is not rolled back itself.
"""

import json
from dataclasses import dataclass

from rehearsal.engine.errors import EngineError, Halted
from rehearsal.engine.execution import Execution
from rehearsal.engine.lanes import Lanes
from rehearsal.engine.launch import Launcher
from rehearsal.engine.ledger import Ledger
from rehearsal.engine.stages import Failed
from rehearsal.model.definition import Pipeline, PipelineKey, Stage
from rehearsal.model.options import ExecutionOptions
from rehearsal.model.position import Position
from rehearsal.model.results import SourceRevision
from rehearsal.record.record import Record, UnknownExecution
from rehearsal.record.views import Run, Trigger


@dataclass(kw_only=True)
class Rollbacks:
    record: Record
    ledger: Ledger
    lanes: Lanes
    launcher: Launcher

    def fail(self, execution: Execution, stage: Stage, failed: Failed) -> None:
        """Record the failure and start the roll-back in one transaction."""
        lane = self.lanes.of(execution.key)
        with lane.changed:
            if execution.halt is not None:
                raise Halted
            with self.ledger.transaction("fail a stage"):
                self.ledger.stage(execution, stage, "fail", failed.message)
                summary = f"stage {stage.name}: {failed.message}"
                if failed.roll_back:
                    summary = f"{summary}; {self._roll_back(execution, stage)}"
                self.ledger.execution(execution, "fail", summary)

    def manual(self, key: PipelineKey, pipeline: Pipeline, *, stage: str, target: str, by: str) -> Execution:
        run = self._target(key, pipeline, stage, target)
        with self.lanes.of(key).changed:
            trigger = Trigger(kind="ManualRollback", detail=by)
            return self._launch(pipeline, stage, run, trigger, first=False, options=run.options)

    def _roll_back(self, execution: Execution, stage: Stage) -> str:
        """Start the roll-back; returns a sentence that says what was done."""
        if execution.kind == "ROLLBACK":
            return "this was already a roll-back, so nothing is rolled back"
        targets = self.record.details.succeeded_in(
            execution.key, stage=stage.name, version=execution.pipeline.version
        )
        target = next((found for found in targets if found != execution.id), None)
        if target is None:
            return (
                f"no roll-back: no earlier execution of version {execution.pipeline.version} of the pipeline "
                "succeeded in this stage"
            )
        detail = json.dumps({"failedPipelineExecutionId": execution.id})
        trigger = Trigger(kind="AutomatedRollback", detail=detail)
        started = self._launch(
            execution.pipeline,
            stage.name,
            self.record.run(target),
            trigger,
            first=True,
            options=execution.options,
        )
        return f"rolled back to execution {target} by execution {started.id}"

    def _launch(
        self,
        pipeline: Pipeline,
        stage: str,
        target: Run,
        trigger: Trigger,
        *,
        first: bool,
        options: ExecutionOptions,
    ) -> Execution:
        return self.launcher.launch(
            pipeline,
            trigger=trigger,
            values=dict(target.variables),
            overrides={},
            kind="ROLLBACK",
            rollback_of=target.execution_id,
            options=options,
            position=Position(stage=stage, only=True, first=first),
            prepare=lambda execution: self._inherit(execution, target),
        )

    def _inherit(self, execution: Execution, target: Run) -> None:
        """Give the execution the artifacts and variables of the target's earlier actions."""
        execution.artifacts.update(self.record.details.artifacts(target.execution_id))
        execution.outputs.update(self.record.details.outputs(target.execution_id))
        recorder = self.ledger.recorder
        recorder.artifacts(execution.id, execution.artifacts)
        for namespace, values in execution.outputs.items():
            recorder.outputs(execution.id, namespace=namespace, values=values)
        for found in target.revisions:
            revision = SourceRevision(revision_id=found.revision_id, summary=found.summary, url=found.url)
            recorder.revision(execution.id, action=found.action, artifact=found.artifact, found=revision)

    def _target(self, key: PipelineKey, pipeline: Pipeline, stage: str, target: str) -> Run:
        """The execution to roll back to; raises CodePipeline's error if it is not allowed."""
        if pipeline.execution_mode == "PARALLEL":
            raise EngineError("UnableToRollbackStageException", "PARALLEL executions are not rolled back")
        if stage == pipeline.stages[0].name:
            raise EngineError("UnableToRollbackStageException", "the source stage cannot be rolled back")
        try:
            run = self.record.run(target)
        except UnknownExecution as error:
            raise EngineError("PipelineExecutionNotFoundException", str(error)) from error
        if (run.account, run.region, run.pipeline) != (key.account, key.region, key.name):
            raise EngineError(
                "PipelineExecutionNotFoundException", f"{target} is not an execution of {key.name}"
            )
        if run.version != pipeline.version:
            raise EngineError(
                "PipelineExecutionOutdatedException",
                f"{target} ran version {run.version} of the pipeline, which is at version {pipeline.version}",
            )
        if target not in self.record.details.succeeded_in(key, stage=stage, version=pipeline.version):
            raise EngineError(
                "UnableToRollbackStageException",
                f"{target} is not a standard execution that succeeded in stage {stage!r}",
            )
        return run
