"""The frozen data classes for readers of the run record; a run shows its whole plan, started or not."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rehearsal.model.options import ExecutionOptions
from rehearsal.model.position import Position
from rehearsal.model.results import Failure, Fidelity, Gap, SourceRevision


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """Why an execution was started; `kind` is one of CodePipeline's trigger types."""

    kind: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Revision:
    """The revision that a source action fetched."""

    action: str
    revision_id: str
    artifact: str = ""
    summary: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class ActionRun:
    """The latest attempt at one action; `status` is None until it starts.

    `token` is set only while an approval waits; PutApprovalResult requires it.
    """

    action_execution_id: str
    name: str
    provider: str
    category: str
    run_order: int
    status: str | None = None
    summary: str = ""
    progress: str = ""
    started: float | None = None
    ended: float | None = None
    fidelity: Fidelity | None = None
    failure: Failure | None = None
    external_id: str = ""
    external_url: str = ""
    token: str | None = None
    gaps: tuple[Gap, ...] = ()
    updated_by: str = ""
    """Who approved or rejected."""
    attempt: int = 0
    """The attempt at the stage to which this belongs; 0 until it starts."""


@dataclass(frozen=True, kw_only=True)
class RuleRun:
    rule_execution_id: str
    name: str
    provider: str
    status: str
    summary: str = ""
    started: float | None = None
    ended: float | None = None
    failure: Failure | None = None


@dataclass(frozen=True, kw_only=True)
class ConditionRun:
    """One evaluation of a stage's entry, success or failure condition.

    `kind` is `BEFORE_ENTRY`, `ON_SUCCESS` or `ON_FAILURE`; `result` is what happens if it is not met.
    """

    kind: str
    result: str
    status: str
    summary: str = ""
    started: float | None = None
    ended: float | None = None
    rules: tuple[RuleRun, ...] = ()
    attempt: int = 1
    number: int = 0


@dataclass(frozen=True, kw_only=True)
class StageRun:
    """The latest attempt at one stage; `attempt` is 0 and `status` None until it is entered."""

    name: str
    status: str | None
    attempt: int
    started: float | None
    ended: float | None
    actions: tuple[ActionRun, ...]
    conditions: tuple[ConditionRun, ...] = ()
    message: str = ""
    retried_by: str = ""
    """`AutomatedStageRetry` or `ManualStageRetry` where this attempt is a retry."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One pipeline execution. Times are seconds since the epoch."""

    execution_id: str
    account: str
    region: str
    pipeline: str
    version: int
    status: str
    status_summary: str
    trigger: Trigger
    rollback_of: str | None
    """The execution to which a roll-back goes back; None for an ordinary execution."""
    started: float
    ended: float | None
    revisions: tuple[Revision, ...]
    stages: tuple[StageRun, ...]
    waiting_at: str | None = None
    """The stage at whose door the execution waits, if any."""
    variables: tuple[tuple[str, str], ...] = ()
    kind: str = "STANDARD"
    """Or `ROLLBACK`."""
    mode: str = "SUPERSEDED"
    updated: float = 0.0
    stop_reason: str | None = None
    restart_of: str | None = None
    """The execution that this one repeats after a self-mutation."""
    position: Position | None = None
    """None for an execution of a version that did not record it."""
    options: ExecutionOptions = field(default_factory=ExecutionOptions)
    number: int = 0
    """Later executions have higher numbers."""
    overrides: Mapping[str, SourceRevision] = field(default_factory=dict)
    """Revisions that its source actions must fetch."""

    def stage(self, name: str) -> StageRun | None:
        return next((stage for stage in self.stages if stage.name == name), None)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of the append-only history.

    `kind` is `pipeline`, `execution`, `stage`, `action`, `condition` or `rule`.
    """

    sequence: int
    at: float
    execution_id: str
    kind: str
    subject: str
    status: str
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class LogLine:
    number: int
    at: float
    text: str
