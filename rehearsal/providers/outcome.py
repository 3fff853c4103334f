"""Converts the end of an attempt to a result: expected errors get CodePipeline's codes, others are raised."""

import functools
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

from rehearsal.archive import ArchiveError
from rehearsal.engine.ports import ActionRequest
from rehearsal.model.results import ActionResult, Failure, Fidelity
from rehearsal.providers.configuration import ConfigurationError
from rehearsal.sources.git import GitError
from rehearsal.sources.repository import SourceError

_DENIED = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "403")

Provider = TypeVar("Provider")


class ActionFailure(Exception):  # noqa: N818 - a failed action, not an error of the rehearsal
    """Ends the attempt; the pipeline shows the message."""

    def __init__(self, message: str, *, code: str = "JobFailed") -> None:
        super().__init__(message)
        self.code = code


_EXPECTED = (
    ActionFailure,
    ConfigurationError,
    SourceError,
    GitError,
    ArchiveError,
    ClientError,
)


def reported(
    run: Callable[[Provider, ActionRequest], ActionResult],
) -> Callable[[Provider, ActionRequest], ActionResult]:
    """Convert errors that can happen on AWS too into the result of the attempt.

    A provider that is not real sets its class attribute `fidelity`, which also applies to failures.
    """

    @functools.wraps(run)
    def wrapper(self: Provider, request: ActionRequest) -> ActionResult:
        try:
            return run(self, request)
        except _EXPECTED as error:
            return ActionResult(failure=_failure(error), fidelity=getattr(self, "fidelity", Fidelity.REAL))

    return wrapper


def _failure(error: Exception) -> Failure:
    if isinstance(error, ActionFailure):
        return Failure(code=error.code, message=str(error))
    if isinstance(error, ConfigurationError):
        return Failure(code="ConfigurationError", message=str(error))
    if isinstance(error, ClientError):
        return _refusal(error)
    return Failure(code="JobFailed", message=str(error))


def _refusal(error: ClientError) -> Failure:
    details = error.response["Error"]
    code = "PermissionError" if details.get("Code") in _DENIED else "JobFailed"
    message = f"{error.operation_name}: {details.get('Message') or details.get('Code')}"
    return Failure(code=code, message=message)
