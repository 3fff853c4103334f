"""A build's phases: their order, their results and their messages.

The order is CodeBuild's. This table says what follows a failed phase:

    phase       default                      CONTINUE            ABORT
    install     the build fails and ends     next phase          the build fails and ends
    pre_build   the build fails and ends     next phase          the build fails and ends
    build       fails, post_build runs       next phase          the build fails and ends
    post_build  fails, artifacts upload      artifacts upload    the build fails and ends

A phase that failed under CONTINUE stays marked as failed and sets CODEBUILD_BUILD_SUCCEEDING to 0, but
the build as a whole can still succeed.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from rehearsal.builds.buildspec.model import OnFailure, PhaseName
from rehearsal.builds.running.shell import BuildInterruptedError

Status = Literal["SUCCEEDED", "FAILED", "FAULT", "TIMED_OUT", "IN_PROGRESS", "STOPPED"]


@dataclass(frozen=True, kw_only=True)
class PhaseResult:
    """`code` and `message` are the phase context that CodeBuild shows for a failed phase."""

    name: str
    started: float
    status: Status = "IN_PROGRESS"
    ended: float | None = None
    code: str = ""
    message: str = ""
    tolerated: bool = False
    """The phase failed under CONTINUE."""


class PhaseError(Exception):
    """Ends a phase as failed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PhaseTrail:
    """Records phases as they start and end."""

    def __init__(self, changed: Callable[[Sequence[PhaseResult]], None] = lambda _: None) -> None:
        self.results: list[PhaseResult] = []
        self._changed = changed

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self.results.append(PhaseResult(name=name, started=time.time()))
        self._changed(self.results)
        try:
            yield
        except PhaseError as error:
            self._end("FAILED", code=error.code, message=str(error))
            raise
        except BuildInterruptedError as error:
            words = "Build was stopped" if error.status == "STOPPED" else "Build has timed out."
            self._end(
                error.status, code="BUILD_TIMED_OUT" if error.status == "TIMED_OUT" else "", message=words
            )
            raise
        except Exception as error:
            self._end("FAULT", code="INTERNAL_SERVICE_ERROR", message=f"{type(error).__name__}: {error}")
            raise
        else:
            self._end("SUCCEEDED")

    @property
    def failure(self) -> PhaseResult | None:
        """The first phase that made the build fail."""
        return next(
            (result for result in self.results if result.status != "SUCCEEDED" and not result.tolerated), None
        )

    def forget_last(self) -> None:
        """Remove the last phase from the trail, because it is retried."""
        self.results.pop()

    def tolerate_last(self) -> None:
        self.results[-1] = replace(self.results[-1], tolerated=True)

    def _end(self, status: Status, *, code: str = "", message: str = "") -> None:
        self.results[-1] = replace(
            self.results[-1], status=status, ended=time.time(), code=code, message=message
        )
        self._changed(self.results)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    goes_on: bool
    fails_build: bool


def verdict(phase: PhaseName, on_failure: OnFailure) -> Verdict:
    """What follows a failure of that phase."""
    if on_failure.action == "CONTINUE":
        return Verdict(goes_on=True, fails_build=False)
    if on_failure.action == "ABORT":
        return Verdict(goes_on=False, fails_build=True)
    return Verdict(goes_on=phase in ("build", "post_build"), fails_build=True)
