"""What a pipeline's action hands to the build that it starts.

The action starts its build over the embedded AWS's API, so that IAM is evaluated. What does not fit
through that API, live logs and the pipeline's artifact store, waits here under a token that the call
carries as its source location. Action and build run in the same process.
"""

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rehearsal.builds.reports.formats import Report
from rehearsal.builds.running.phases import PhaseResult, Status
from rehearsal.engine.ports import Artifacts
from rehearsal.model.results import Gap, S3Object

_PREFIX = "slipway-handover:"
_offered: dict[str, "Handover"] = {}
_lock = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a build ended, as its action reports it."""

    status: Status
    failure: PhaseResult | None = None
    hint: str = ""
    """What a person may do about the failure, where its log gives that away."""
    exported_variables: Mapping[str, str] = field(default_factory=dict)
    artifacts: Mapping[str, S3Object] = field(default_factory=dict)
    reports: tuple[Report, ...] = ()
    gaps: tuple[Gap, ...] = ()
    answered_from: str = ""
    """The earlier build that this one was answered from, and when it ended."""
    log_file: str = ""


@dataclass(kw_only=True)
class Handover:
    pipeline: str
    inputs: tuple[str, ...]
    primary: str
    outputs: tuple[str, ...]
    artifacts: Artifacts
    log: Callable[[str], None]
    progress: Callable[[str], None]
    reuse_builds: bool = True
    """Whether the build may be answered by an earlier one with the same inputs."""
    outcome: Outcome | None = None
    done: threading.Event = field(default_factory=threading.Event)
    stop: Callable[[], None] = lambda: None
    """Set when the build has started."""

    def finish(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.done.set()


def offer(handover: Handover) -> str:
    token = _PREFIX + secrets.token_urlsafe(16)
    with _lock:
        _offered[token] = handover
    return token


def take(token: str) -> Handover | None:
    """Each handover is taken once; None where nothing waits under that token."""
    with _lock:
        return _offered.pop(token, None)


def withdraw(token: str) -> None:
    take(token)
