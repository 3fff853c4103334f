"""Where states change: asks the table of transitions, writes the record, tells the event bus.

Callers hold the lock of the lane, so that states, record and events never disagree about the order.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from rehearsal.engine.execution import Execution, Task
from rehearsal.engine.ports import ActionResult, S3Object
from rehearsal.model.definition import Action, PipelineKey, Stage
from rehearsal.model.transitions import ACTION, PIPELINE, STAGE, Event, State
from rehearsal.record.recorder import Recorder


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One change of state, for the account's event bus. `kind` is Pipeline, Stage or Action."""

    kind: str
    key: PipelineKey
    version: int
    execution: Execution
    status: State
    event: Event
    stage: str = ""
    attempt: int = 1
    action: Action | None = None
    action_execution_id: str = ""
    result: ActionResult = field(default_factory=ActionResult)
    inputs: dict[str, S3Object] = field(default_factory=dict)


class Ledger:
    def __init__(self, recorder: Recorder, announce: Callable[[Notice], None]) -> None:
        self.recorder = recorder
        self._announce = announce
        self.closed = False
        """Once true, nothing is written any more: the daemon ends, and what runs is cut off."""

    def begun(self, execution: Execution) -> None:
        self._tell(execution, "Pipeline", PIPELINE.start, "enter")

    def execution(self, execution: Execution, event: Event, summary: str = "") -> None:
        if self.closed:
            return
        status = PIPELINE.next(execution.status, event)
        execution.status = status
        self.recorder.execution(
            execution.id,
            pipeline=execution.key.name,
            status=status,
            summary=summary,
            final=status not in ("InProgress", "Stopping"),
        )
        self._tell(execution, "Pipeline", status, event)

    def waiting(self, execution: Execution, stage: str | None) -> None:
        if not self.closed:
            self.recorder.waiting(execution.id, stage=stage)

    def stage(
        self, execution: Execution, stage: Stage, event: Event, message: str = "", *, retried_by: str = ""
    ) -> None:
        if self.closed:
            return
        state = execution.state_of(stage)
        state.status = STAGE.next(state.status, event)
        if event in ("enter", "retry"):
            state.attempt += 1
        self.recorder.stage(
            execution.id,
            stage=stage.name,
            attempt=state.attempt,
            status=state.status,
            message=message,
            retried_by=retried_by,
        )
        self._tell(execution, "Stage", state.status, event, stage=stage.name, attempt=state.attempt)

    def start_action(
        self,
        execution: Execution,
        stage: Stage,
        action: Action,
        action_execution_id: str,
        inputs: dict[str, S3Object],
    ) -> None:
        if self.closed:
            return
        attempt = execution.state_of(stage).attempt
        self.recorder.start_action(
            action_execution_id,
            execution_id=execution.id,
            stage=stage.name,
            attempt=attempt,
            action=action,
            status=ACTION.start,
            inputs=inputs,
        )
        self._tell(
            execution,
            "Action",
            ACTION.start,
            "enter",
            stage=stage.name,
            attempt=attempt,
            action=action,
            action_execution_id=action_execution_id,
            inputs=inputs,
        )

    def end_action(
        self,
        execution: Execution,
        stage: Stage,
        action: Action,
        action_execution_id: str,
        task: Task,
        *,
        updated_by: str = "",
    ) -> None:
        if self.closed or task.event is None:
            return
        status = ACTION.next(ACTION.start, task.event)
        self.recorder.end_action(
            action_execution_id,
            execution_id=execution.id,
            subject=f"{stage.name}/{action.name}",
            status=status,
            result=task.result,
            updated_by=updated_by,
        )
        if task.event == "succeed":
            self._absorb(execution, action, task.result)
        self._tell(
            execution,
            "Action",
            status,
            task.event,
            stage=stage.name,
            attempt=execution.state_of(stage).attempt,
            action=action,
            action_execution_id=action_execution_id,
            result=task.result,
        )

    def _absorb(self, execution: Execution, action: Action, result: ActionResult) -> None:
        """What later actions of the execution build on."""
        execution.artifacts.update(result.output_artifacts)
        self.recorder.artifacts(execution.id, result.output_artifacts)
        if action.namespace and result.variables:
            execution.outputs.setdefault(action.namespace, {}).update(result.variables)
            self.recorder.outputs(execution.id, namespace=action.namespace, values=result.variables)
        if result.revision:
            artifact = next(iter(action.output_artifacts), "")
            self.recorder.revision(execution.id, action=action.name, artifact=artifact, found=result.revision)

    def _tell(
        self,
        execution: Execution,
        kind: str,
        status: State,
        event: Event,
        *,
        stage: str = "",
        attempt: int = 1,
        action: Action | None = None,
        action_execution_id: str = "",
        result: ActionResult | None = None,
        inputs: dict[str, S3Object] | None = None,
    ) -> None:
        self._announce(
            Notice(
                kind=kind,
                key=execution.key,
                version=execution.pipeline.version,
                execution=execution,
                status=status,
                event=event,
                stage=stage,
                attempt=attempt,
                action=action,
                action_execution_id=action_execution_id,
                result=result or ActionResult(),
                inputs=inputs or {},
            )
        )
