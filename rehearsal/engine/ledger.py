"""Changes states: checks the table of transitions, writes the record, notifies the event bus.

Callers hold the lane's lock, so that states, record and events have the same order. Changes that belong
together are written in one `transaction`. If it fails, the changes in memory are undone, and no event is sent
before the commit.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from rehearsal.engine.execution import Execution
from rehearsal.model.definition import Action, PipelineKey, Stage
from rehearsal.model.position import Position
from rehearsal.model.results import ActionResult, S3Object
from rehearsal.model.transitions import ACTION, PIPELINE, STAGE, Event, State
from rehearsal.record.record import Record

_log = logging.getLogger("rehearsal.engine")


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One change of state, for EventBridge. `kind` is Pipeline, Stage or Action."""

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
    def __init__(self, record: Record, announce: Callable[[Notice], None]) -> None:
        self.record = record
        self.recorder = record.recorder
        self._announce = announce
        self.closed = False
        """Once true, nothing is written: the daemon is ending and has interrupted running actions."""

    def transaction(self, name: str) -> AbstractContextManager[Any]:
        return self.record.database.writing(name)

    def then(self, callback: Callable[[], None]) -> None:
        """Run `callback` after the open transaction is committed."""
        self.record.database.after_commit(callback)

    def begun(self, execution: Execution) -> None:
        self._tell(execution, "Pipeline", PIPELINE.start, "enter")

    def execution(self, execution: Execution, event: Event, summary: str = "") -> None:
        if self.closed:
            return
        status = PIPELINE.next(execution.status, event)
        with self.transaction("change an execution"):
            self._set(execution, "status", status)
            self.recorder.execution(
                execution.id,
                pipeline=execution.key.name,
                status=status,
                summary=summary,
                final=status not in ("InProgress", "Stopping"),
            )
            self._tell(execution, "Pipeline", status, event)

    def move(self, execution: Execution, position: Position) -> None:
        if self.closed:
            return
        with self.transaction("move on"):
            self._set(execution, "position", position)
            self.recorder.position(execution.id, position)

    def waiting(self, execution: Execution, stage: str | None) -> None:
        if not self.closed:
            self.recorder.waiting(execution.id, stage=stage)

    def stage(
        self, execution: Execution, stage: Stage, event: Event, message: str = "", *, retried_by: str = ""
    ) -> None:
        if self.closed:
            return
        state = execution.state_of(stage)
        with self.transaction("change a stage"):
            self._set(state, "status", STAGE.next(state.status, event))
            if event in ("enter", "retry"):
                self._set(state, "attempt", state.attempt + 1)
            self.recorder.stage(
                execution.id,
                stage=stage.name,
                attempt=state.attempt,
                status=state.status or "",
                message=message,
                retried_by=retried_by,
            )
            self._tell(execution, "Stage", state.status or "", event, stage=stage.name, attempt=state.attempt)

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
        with self.transaction("start an action"):
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
        *,
        event: Event,
        result: ActionResult,
        updated_by: str = "",
    ) -> None:
        """Record the end of an action and its results in one transaction."""
        if self.closed:
            return
        status = ACTION.next(ACTION.start, event)
        with self.transaction("end an action"):
            self.recorder.end_action(
                action_execution_id,
                execution_id=execution.id,
                subject=f"{stage.name}/{action.name}",
                status=status,
                result=result,
                updated_by=updated_by,
            )
            if event == "succeed":
                self._keep(execution, action, result)
                self.then(lambda: _absorb(execution, action, result))
            self._tell(
                execution,
                "Action",
                status,
                event,
                stage=stage.name,
                attempt=execution.state_of(stage).attempt,
                action=action,
                action_execution_id=action_execution_id,
                result=result,
            )

    def _keep(self, execution: Execution, action: Action, result: ActionResult) -> None:
        self.recorder.artifacts(execution.id, result.output_artifacts)
        if action.namespace and result.variables:
            self.recorder.outputs(execution.id, namespace=action.namespace, values=result.variables)
        if result.revision:
            artifact = next(iter(action.output_artifacts), "")
            self.recorder.revision(execution.id, action=action.name, artifact=artifact, found=result.revision)

    def _set(self, owner: object, name: str, value: object) -> None:
        before = getattr(owner, name)
        setattr(owner, name, value)
        self.record.database.on_rollback(lambda: setattr(owner, name, before))

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
        notice = Notice(
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
        self.then(lambda: self._deliver(notice))

    def _deliver(self, notice: Notice) -> None:
        """Send the event. An error is logged only: the change is already recorded."""
        try:
            self._announce(notice)
        except Exception:
            _log.exception("an event of pipeline %s was not sent", notice.key.name)


def _absorb(execution: Execution, action: Action, result: ActionResult) -> None:
    """Make the results available to later actions of the execution."""
    execution.artifacts.update(result.output_artifacts)
    if action.namespace and result.variables:
        execution.outputs.setdefault(action.namespace, {}).update(result.variables)
