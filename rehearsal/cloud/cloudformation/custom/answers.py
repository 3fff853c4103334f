"""Fails a custom resource at once when its function fails before it has responded.

CloudFormation waits for a request to the `ResponseURL` until the time-out, an hour by default, even if the
function ended with an error. The rehearsal sees the error and responds for the function.
"""

from collections.abc import Mapping
from typing import Any

from rehearsal.emulator.guards import Guard

_RESPONSE_PATH = "/_ministack/cfn-response/"


def answer_for_failed_functions(guard: Guard) -> None:
    custom = guard.module("ministack.services.cloudformation.custom_resource")
    functions = guard.module("ministack.services.lambda_svc")
    execute = guard.function(functions, "_execute_function_with_config_scope", ())
    deliver = guard.function(custom, "deliver_response", ("token", "response"))
    pending: Mapping[str, Mapping[str, Any]] = guard.attribute(custom, "_pending")
    guard.that(
        _RESPONSE_PATH in guard.function(custom, "_response_url", ("token",))("probe"),
        "custom resources answer at another address",
    )

    def executing(record: Any, event: Any, *rest: Any, **more: Any) -> Any:
        outcome = execute(record, event, *rest, **more)
        token = _token(event)
        if token in pending and pending[token]["result"] is None and outcome.get("error"):
            deliver(token, {"Status": "FAILED", "Reason": _reason(outcome)})
        return outcome

    functions._execute_function_with_config_scope = executing


def _token(event: Any) -> str:
    url = str(event.get("ResponseURL", "")) if isinstance(event, Mapping) else ""
    return url.partition(_RESPONSE_PATH)[2]


def _reason(outcome: Mapping[str, Any]) -> str:
    body = outcome.get("body") or {}
    message = f"{body.get('errorType', 'error')}: {body.get('errorMessage', '')}"
    return f"The function failed without a response to the custom resource: {message}"
