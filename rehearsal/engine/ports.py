"""The engine's ports; each adapter implements one of them, in its own file.

An action provider receives one `ActionRequest` and returns one `ActionResult`; it has no access to the
record, to other actions or to the pipeline's state.
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
    import boto3  # slow to import, and readers of the record need only the data classes below


class Sessions(Protocol):
    """AWS clients for one identity, always with the embedded AWS's endpoint."""

    def assume(self, role_arn: str | None, *, region: str | None = None) -> boto3.session.Session:
        """A session of that role, assumed by the pipeline's role; None means the pipeline's role itself."""


class Artifacts(Protocol):
    """The pipeline's artifact store, accessed with the action's role."""

    def fetch(self, name: str) -> Path:
        """The artifact's zip file on disk."""

    def unpack(self, name: str, into: Path) -> None:
        """Extract the artifact, keeping executable bits and links."""

    def store(self, name: str, zip_file: Path) -> S3Object:
        """Upload one output artifact."""

    def location(self, name: str) -> S3Object: ...

    def seen_by(self, session: boto3.session.Session) -> Artifacts:
        """The same store accessed with another role, such as a build's service role."""


@dataclass(frozen=True, kw_only=True)
class ApprovalAnswer:
    approved: bool
    summary: str = ""


class Approvals(Protocol):
    """Approvals by people. The engine creates the tokens and records who answered.

    A pending approval survives a restart of the daemon: the action then runs again, `announced` is true (the
    notification was already sent), and `ask` returns the same token as before.
    """

    @property
    def announced(self) -> bool: ...

    @property
    def expires(self) -> datetime | None:
        """The deadline of an approval that was requested in an earlier daemon; None for a new one."""

    def ask(self, *, expires: datetime, custom_data: str = "", link: str = "") -> str:
        """Open this action's approval and return the token that `PutApprovalResult` must name."""

    def answer(self, token: str, *, wait_seconds: float) -> ApprovalAnswer | None:
        """The answer as soon as it arrives, or None after `wait_seconds`."""


@dataclass(frozen=True, kw_only=True)
class JobAnswer:
    """A job's result: `PutJobSuccessResult`, or with `failure` `PutJobFailureResult`."""

    failure: Failure | None = None
    continuation_token: str | None = None
    external_id: str = ""
    summary: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


class Jobs(Protocol):
    """Jobs for workers outside the engine, mainly Lambda functions."""

    def open(self, job_id: str, data: Mapping[str, Any]) -> None:
        """Accept a result for the job; `data` is what `GetJobDetails` returns as `data`."""

    def answer(self, job_id: str, *, wait_seconds: float) -> JobAnswer | None:
        """The result as soon as it arrives, or None after `wait_seconds`."""


@dataclass(frozen=True, kw_only=True)
class ActionRequest:
    """One attempt at one action; the variables in its configuration are resolved."""

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
    """This attempt's own folder, removed afterwards."""
    log: Callable[[str], None]
    """Writes one line for people; secrets in it are masked."""
    progress: Callable[[str], None]
    """Reports the current phase (`PROVISIONING`, `BUILD`)."""
    cancelled: threading.Event
    """Set when the execution stops or the action times out; the provider must then end soon."""
    revision: SourceRevision | None = None
    """For source actions: the revision to fetch. None means the newest."""
    reuse_builds: bool = True
    """Whether a build may reuse the result of an earlier build with the same inputs."""
    bake_seconds: float | None = None
    """How long a build watches that bakes; None means its own minutes."""
    home: Home | None = None
    """The project's rehearsal folder, with the repositories of source actions."""
    approvals: Approvals | None = None
    jobs: Jobs | None = None


class ActionProvider(Protocol):
    """One action type. `check` runs when the pipeline is created, `run` when the action starts."""

    def check(self, action: Action) -> None:
        """Raise `UnsupportedAction` for configuration that the rehearsal does not support."""

    def run(self, request: ActionRequest) -> ActionResult: ...


class RuleProvider(Protocol):
    """One rule type of stage conditions; a failed rule means the condition is not met."""

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
    """Adds a difference from AWS in this evaluation to the fidelity report."""
    bake_seconds: float | None = None
    """How long to watch instead of the rule's minutes; None means the rule's minutes."""


class UnsupportedAction(Exception):  # noqa: N818 - names what is not supported
    """The message names the unsupported field and what to do instead."""


class UnsupportedType(UnsupportedAction):
    """The rehearsal has no provider for the action's type."""
