"""A pipeline execution while it lives: what it knows, where it stands, what runs for it.

Everything here is guarded by the lock of the pipeline's lane. What must outlive the daemon is in
the record; `revive` reads it back.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from rehearsal.engine.ports import ActionResult, S3Object, SourceRevision
from rehearsal.model.definition import Pipeline, PipelineKey, Stage
from rehearsal.model.transitions import Event, State
from rehearsal.model.variables import BUILT_IN, PIPELINE_VARIABLES, Scope
from rehearsal.record.record import Record
from rehearsal.record.views import Run, Trigger

Halt = Literal["supersede", "cancel", "stop"]

Abandon = Callable[[str, float], None]
"""End one task for this reason; what it started may go on for so many seconds, unheard."""


@dataclass(kw_only=True)
class StageState:
    status: State | None = None
    attempt: int = 0


class Task:
    """One attempt at an action, or one evaluation of a rule. Whoever settles it first decides."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self.done = threading.Event()
        self.result = ActionResult()
        self.event: Event | None = None
        self._lock = threading.Lock()

    def settle(self, event: Event, result: ActionResult) -> bool:
        """False where it was settled already, by a time-out or a stop."""
        with self._lock:
            if self.event is not None:
                return False
            self.event, self.result = event, result
            return True


@dataclass(kw_only=True, eq=False)
class Execution:
    id: str
    number: int
    pipeline: Pipeline
    mode: str
    trigger: Trigger
    status: State
    kind: str = "STANDARD"
    rollback_of: str | None = None
    restart_of: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, SourceRevision] = field(default_factory=dict)
    artifacts: dict[str, S3Object] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    stages: dict[str, StageState] = field(default_factory=dict)
    inside: str | None = None
    """The stage whose door is held."""
    halt: Halt | None = None
    halt_reason: str = ""
    tasks: dict[str, Abandon] = field(default_factory=dict)
    """How to end what runs now, by action or rule execution id."""

    @property
    def key(self) -> PipelineKey:
        return self.pipeline.key

    @property
    def begun(self) -> bool:
        return self.inside is not None or bool(self.stages)

    def state_of(self, stage: Stage) -> StageState:
        return self.stages.setdefault(stage.name, StageState())

    def scope(self) -> Scope:
        """Every variable that an action of this execution can refer to now."""
        return {
            BUILT_IN: {"PipelineExecutionId": self.id},
            PIPELINE_VARIABLES: self.values,
            **{namespace: dict(values) for namespace, values in self.outputs.items()},
        }


def revive(record: Record, run: Run, pipeline: Pipeline) -> Execution:
    """The execution as the record has it, ready to go on."""
    row = record.database.row("select * from executions where execution_id = ?", (run.execution_id,))
    if row is None:
        raise LookupError(run.execution_id)
    return Execution(
        id=run.execution_id,
        number=row["number"],
        pipeline=pipeline,
        mode=run.mode,
        trigger=run.trigger,
        status=run.status,
        kind=run.kind,
        rollback_of=run.rollback_of,
        restart_of=run.restart_of,
        values=dict(run.variables),
        overrides=_overrides(row["overrides"]),
        artifacts=record.details.artifacts(run.execution_id),
        outputs=record.details.outputs(run.execution_id),
        stages={
            stage.name: StageState(status=stage.status, attempt=stage.attempt)
            for stage in run.stages
            if stage.status
        },
    )


def _overrides(stored: str) -> dict[str, SourceRevision]:
    return {action: SourceRevision(**found) for action, found in json.loads(stored).items()}
