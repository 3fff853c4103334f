"""Data that a pipeline's action passes to the build that it starts.

The action starts its build through the embedded AWS's API, so that IAM is evaluated. What that API cannot
carry (live logs, the pipeline's artifact store) is kept here under a token, which the call sends as its
source location. Action and build run in the same process.
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
    """The end of a build, as its action reports it."""

    status: Status
    failure: PhaseResult | None = None
    hint: str = ""
    """What a person can do about the failure, if the log shows it."""
    exported_variables: Mapping[str, str] = field(default_factory=dict)
    artifacts: Mapping[str, S3Object] = field(default_factory=dict)
    reports: tuple[Report, ...] = ()
    gaps: tuple[Gap, ...] = ()
    reused_from: str = ""
    """The earlier build whose result was reused, and when that build ended."""
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
    """Whether the build may reuse the result of an earlier build with the same inputs."""
    bake_seconds: float | None = None
    """How long a build watches that bakes; None means its own minutes."""
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
    """Remove and return the handover of that token; None if there is none."""
    with _lock:
        return _offered.pop(token, None)


def withdraw(token: str) -> None:
    take(token)
