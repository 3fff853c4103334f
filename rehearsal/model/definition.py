"""The parsed pipeline: frozen, complete, and free of I/O.

Everything an execution does is decided from these values. Results never live here; they belong to
the run record, so that a definition can be shared by any number of executions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

FailureResult = Literal["ROLLBACK", "RETRY", "FAIL", "SKIP"]
ExecutionMode = Literal["QUEUED", "SUPERSEDED", "PARALLEL"]


@dataclass(frozen=True, kw_only=True)
class ActionType:
    """CodePipeline's `ActionTypeId`; `provider` alone picks the code that runs the action."""

    category: str
    owner: str
    provider: str
    version: str


@dataclass(frozen=True, kw_only=True)
class EnvironmentVariable:
    name: str
    value: str
    type: str = "PLAINTEXT"


@dataclass(frozen=True, kw_only=True)
class Action:
    name: str
    type: ActionType
    run_order: int = 1
    configuration: Mapping[str, str] = field(default_factory=dict)
    input_artifacts: tuple[str, ...] = ()
    output_artifacts: tuple[str, ...] = ()
    namespace: str | None = None
    role_arn: str | None = None
    region: str | None = None
    timeout_minutes: int | None = None
    commands: tuple[str, ...] = ()
    """For the Commands action, as are the next three."""
    output_variables: tuple[str, ...] = ()
    output_files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    environment: tuple[EnvironmentVariable, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Rule:
    name: str
    provider: str
    version: str = "1"
    commands: tuple[str, ...] = ()
    configuration: Mapping[str, str] = field(default_factory=dict)
    input_artifacts: tuple[str, ...] = ()
    role_arn: str | None = None
    region: str | None = None
    timeout_minutes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Condition:
    result: FailureResult
    rules: tuple[Rule, ...]


@dataclass(frozen=True, kw_only=True)
class OnFailure:
    result: FailureResult | None = None
    retry_mode: Literal["FAILED_ACTIONS", "ALL_ACTIONS"] | None = None
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Stage:
    name: str
    actions: tuple[Action, ...]
    on_failure: OnFailure | None = None
    before_entry: tuple[Condition, ...] = ()
    on_success: tuple[Condition, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ArtifactStore:
    bucket: str
    encryption_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Glob patterns; an empty `includes` lets everything in."""

    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PushFilter:
    branches: Filter = Filter()
    tags: Filter = Filter()
    file_paths: Filter = Filter()


@dataclass(frozen=True, kw_only=True)
class PullRequestFilter:
    branches: Filter = Filter()
    file_paths: Filter = Filter()
    events: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class GitTrigger:
    source_action: str
    push: tuple[PushFilter, ...] = ()
    pull_request: tuple[PullRequestFilter, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Variable:
    name: str
    default: str | None = None
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class PipelineKey:
    """What makes a pipeline one pipeline: the same name may exist in every account and region."""

    account: str
    region: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    name: str
    account: str
    region: str
    role_arn: str
    stages: tuple[Stage, ...]
    artifact_stores: Mapping[str, ArtifactStore]
    """Keyed by region; a single-region pipeline has one entry."""
    pipeline_type: Literal["V1", "V2"] = "V1"
    execution_mode: ExecutionMode = "SUPERSEDED"
    triggers: tuple[GitTrigger, ...] = ()
    variables: tuple[Variable, ...] = ()
    restart_on_update: bool = False
    version: int = 1

    @property
    def key(self) -> PipelineKey:
        return PipelineKey(account=self.account, region=self.region, name=self.name)

    @property
    def arn(self) -> str:
        return f"arn:aws:codepipeline:{self.region}:{self.account}:{self.name}"
