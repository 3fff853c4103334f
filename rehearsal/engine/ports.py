"""What the engine asks of the world. One adapter per file implements each of these.

The engine owns these shapes. An action provider sees one `ActionRequest` and answers with one
`ActionResult`; it never touches the run record, other actions or the pipeline's state.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rehearsal.home import Home
from rehearsal.model.definition import Action, Rule
from rehearsal.model.results import ActionResult, Failure, Gap, S3Object, SourceRevision

if TYPE_CHECKING:
    import boto3  # slow to import, and readers of the record need only the plain values below


class Sessions(Protocol):
    """AWS clients for one identity, always pointed at the embedded AWS."""

    def assume(self, role_arn: str | None, *, region: str | None = None) -> boto3.session.Session:
        """A session of that role, assumed by the pipeline's role; the pipeline's own for None."""


class Artifacts(Protocol):
    """The pipeline's artifact store, seen with the action's own permissions."""

    def fetch(self, name: str) -> Path:
        """The artifact's zip file on disk."""

    def unpack(self, name: str, into: Path) -> None:
        """Extract the artifact, keeping executable bits and links."""

    def store(self, name: str, zip_file: Path) -> S3Object:
        """Upload one output artifact."""

    def location(self, name: str) -> S3Object: ...

    def seen_by(self, session: boto3.session.Session) -> Artifacts:
        """The same store with somebody else's permissions: a build's service role reads and writes it."""


@dataclass(frozen=True, kw_only=True)
class ApprovalAnswer:
    approved: bool
    summary: str = ""


class Approvals(Protocol):
    """Questions to people. The engine makes the tokens and keeps who answered what.

    A waiting question survives a restart of the daemon: the action then runs again, `announced` is
    true (people have been told already), and `ask` gives the token that it gave before.
    """

    @property
    def announced(self) -> bool: ...

    @property
    def expires(self) -> datetime | None:
        """When the question that was asked in an earlier daemon ends; None for a new one."""

    def ask(self, *, expires: datetime, custom_data: str = "", link: str = "") -> str:
        """Open the question of this action and return the token that `PutApprovalResult` must name."""

    def answer(self, token: str, *, wait_seconds: float) -> ApprovalAnswer | None:
        """The answer as soon as it is there, or None after so many seconds without one."""


@dataclass(frozen=True, kw_only=True)
class JobAnswer:
    """What a function said of its job: `PutJobSuccessResult`, or with `failure` `PutJobFailureResult`."""

    failure: Failure | None = None
    continuation_token: str | None = None
    external_id: str = ""
    summary: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


class Jobs(Protocol):
    """Jobs handed to somebody outside the engine, a Lambda function above all."""

    def open(self, job_id: str, data: Mapping[str, Any]) -> None:
        """Let the job be answered; `data` is what `GetJobDetails` returns as `data`."""

    def answer(self, job_id: str, *, wait_seconds: float) -> JobAnswer | None:
        """The answer as soon as it is there, or None after so many seconds without one."""


@dataclass(frozen=True, kw_only=True)
class ActionRequest:
    """One attempt at one action, its configuration's variables already resolved."""

    pipeline: str
    stage: str
    action: Action
    execution_id: str
    action_execution_id: str
    account: str
    region: str
    artifacts: Artifacts
    sessions: Sessions
    workdir: Path
    """A folder of this attempt's own, removed after it."""
    log: Callable[[str], None]
    """One line for people; secrets are masked behind it."""
    progress: Callable[[str], None]
    """A short word on what is going on now (`PROVISIONING`, `BUILD`)."""
    cancelled: threading.Event
    """Set when the execution stops or the action times out; a provider ends its work soon after."""
    revision: SourceRevision | None = None
    """For source actions: what to fetch. None means the newest."""
    reuse_builds: bool = True
    """Whether a build may be answered by an earlier one with the same inputs."""
    home: Home | None = None
    """This project's things; source actions find their repositories there."""
    approvals: Approvals | None = None
    jobs: Jobs | None = None


class ActionProvider(Protocol):
    """One kind of action. `check` runs when the pipeline is created, `run` when its turn comes."""

    def check(self, action: Action) -> None:
        """Raise `UnsupportedAction` for configuration that this rehearsal cannot honour."""

    def run(self, request: ActionRequest) -> ActionResult: ...


class RuleProvider(Protocol):
    """One kind of stage-condition rule; a failure means the condition is not met."""

    def check(self, rule: Rule) -> None: ...

    def evaluate(self, rule: Rule, request: RuleRequest) -> Failure | None: ...


@dataclass(frozen=True, kw_only=True)
class RuleRequest:
    pipeline: str
    stage: str
    execution_id: str
    account: str
    region: str
    sessions: Sessions
    log: Callable[[str], None]
    cancelled: threading.Event
    artifacts: Artifacts
    workdir: Path
    report: Callable[[Gap], None]
    """Tells the fidelity report where this evaluation differs from AWS."""
    bake_seconds: float | None = None
    """How long to watch in place of the minutes that a rule names; None keeps the minutes."""


class UnsupportedAction(Exception):  # noqa: N818 - it names what is not supported
    """Names the field that is not supported and what to do instead."""
