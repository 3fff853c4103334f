"""How an attempt ends: expected troubles become failures with CodePipeline's codes, others stay errors."""

import functools
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

from rehearsal.engine.ports import ActionRequest, ActionResult, Failure
from rehearsal.providers.configuration import ConfigurationError
from rehearsal.sources.repository import SourceError

_DENIED = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "403")

Provider = TypeVar("Provider")


class ActionFailure(Exception):  # noqa: N818 - it is how an action fails, not an error of the rehearsal
    """Ends the attempt; the message is what people read in the pipeline."""

    def __init__(self, message: str, *, code: str = "JobFailed") -> None:
        super().__init__(message)
        self.code = code


def reported(
    run: Callable[[Provider, ActionRequest], ActionResult],
) -> Callable[[Provider, ActionRequest], ActionResult]:
    """Turn what may go wrong on AWS as well into the result of the attempt."""

    @functools.wraps(run)
    def wrapper(self: Provider, request: ActionRequest) -> ActionResult:
        try:
            return run(self, request)
        except ActionFailure as failure:
            return _failed(failure.code, str(failure))
        except ConfigurationError as error:
            return _failed("ConfigurationError", str(error))
        except SourceError as error:
            return _failed("JobFailed", str(error))
        except ClientError as error:
            return _refused(error)

    return wrapper


def _refused(error: ClientError) -> ActionResult:
    details = error.response["Error"]
    code = "PermissionError" if details.get("Code") in _DENIED else "JobFailed"
    return _failed(code, f"{error.operation_name}: {details.get('Message') or details.get('Code')}")


def _failed(code: str, message: str) -> ActionResult:
    return ActionResult(failure=Failure(code=code, message=message))
