"""The state in memory of a running execution: its variables, position and tasks.

The lock of the pipeline's lane guards everything here. State that must survive the daemon is in the record;
`revive` reads it from there.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from rehearsal.model.definition import Pipeline, PipelineKey, Stage
from rehearsal.model.options import ExecutionOptions
from rehearsal.model.position import Position
from rehearsal.model.results import ActionResult, S3Object, SourceRevision
from rehearsal.model.transitions import Event, State
from rehearsal.model.variables import BUILT_IN, PIPELINE_VARIABLES, Scope
from rehearsal.record.record import Record
from rehearsal.record.views import Run, Trigger

PASSED = ("Succeeded", "Skipped")
"""The status of a stage after which an execution enters the next one."""

RUNNING = ("InProgress", "Stopping")

Halt = Literal["supersede", "cancel", "stop"]


class Abandon(Protocol):
    def __call__(self, reason: str, grace: float, *, record: bool = True) -> None:
        """End one task, in the open transaction.

        Its provider may run on for `grace` seconds; its result is ignored.
        """


class OutOfOrder(Exception):  # noqa: N818 - names the refused transition
    """An execution tried to enter a stage although an earlier one did not succeed; entry is refused."""


@dataclass(kw_only=True)
class StageState:
    status: State | None = None
    attempt: int = 0


class Task:
    """One attempt at an action, or one evaluation of a rule. The first `settle` decides its result."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self.done = threading.Event()
        self.result = ActionResult()
        self.event: Event | None = None
        self.unwritten: Exception | None = None
        """The error that prevented recording its end, if any."""

    @property
    def settled(self) -> bool:
        return self.event is not None

    def settle(self, event: Event, result: ActionResult, *, unwritten: Exception | None = None) -> None:
        """Call once, under the lane's lock."""
        self.event, self.result, self.unwritten = event, result, unwritten
        self.done.set()


@dataclass(kw_only=True, eq=False)
class Execution:
    id: str
    number: int
    pipeline: Pipeline
    mode: str
    trigger: Trigger
    status: State
    position: Position
    options: ExecutionOptions = field(default_factory=ExecutionOptions)
    kind: str = "STANDARD"
    rollback_of: str | None = None
    restart_of: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, SourceRevision] = field(default_factory=dict)
    artifacts: dict[str, S3Object] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    stages: dict[str, StageState] = field(default_factory=dict)
    inside: str | None = None
    """The stage that the execution occupies."""
    halt: Halt | None = None
    halt_reason: str = ""
    tasks: dict[str, Abandon] = field(default_factory=dict)
    """Functions that end the running tasks, by action or rule execution id."""

    @property
    def key(self) -> PipelineKey:
        return self.pipeline.key

    @property
    def begun(self) -> bool:
        return self.inside is not None or bool(self.stages)

    def require_in_order(self, stage: Stage) -> None:
        """Raise unless every earlier stage succeeded or was skipped."""
        if self.position.only:
            return
        for earlier in self.pipeline.stages:
            if earlier.name == stage.name:
                return
            status = self.state_of(earlier).status
            if status not in PASSED:
                raise OutOfOrder(f"stage {stage.name!r} cannot be entered: {earlier.name!r} is {status}")

    def state_of(self, stage: Stage) -> StageState:
        return self.stages.setdefault(stage.name, StageState())

    def scope(self) -> Scope:
        """All variables that an action of this execution can use now."""
        return {
            BUILT_IN: {"PipelineExecutionId": self.id},
            PIPELINE_VARIABLES: self.values,
            **{namespace: dict(values) for namespace, values in self.outputs.items()},
        }


def revive(record: Record, run: Run) -> Execution:
    """Read the execution from the record, ready to resume."""
    key = PipelineKey(account=run.account, region=run.region, name=run.pipeline)
    pipeline = record.catalogue.definition(key, run.version)
    if pipeline is None:
        raise LookupError(f"the record has no version {run.version} of {run.pipeline}")
    return Execution(
        id=run.execution_id,
        number=run.number,
        position=run.position or Position(stage=pipeline.stages[0].name),
        options=run.options,
        pipeline=pipeline,
        mode=run.mode,
        trigger=run.trigger,
        status=run.status,
        kind=run.kind,
        rollback_of=run.rollback_of,
        restart_of=run.restart_of,
        values=dict(run.variables),
        overrides=run.overrides,
        artifacts=record.details.artifacts(run.execution_id),
        outputs=record.details.outputs(run.execution_id),
        stages={
            stage.name: StageState(status=stage.status, attempt=stage.attempt)
            for stage in run.stages
            if stage.status
        },
    )
