"""CDK's Provider framework: calls the user's functions directly instead of CDK's Node functions.

`onEvent` receives CloudFormation's event and returns a dictionary; `isComplete`, if there is one, receives
that event merged with the result until it returns `IsComplete: true`. Interval and time-out are those of the
template's waiter state machine.
"""

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.cloud.cloudformation.custom.request import CustomRequest
from rehearsal.emulator.extension import ResourceResult

ON_EVENT = "USER_ON_EVENT_FUNCTION_ARN"
_IS_COMPLETE = "USER_IS_COMPLETE_FUNCTION_ARN"
_WAITER = "WAITER_STATE_MACHINE_ARN"


@dataclass(frozen=True)
class _Waiting:
    interval: float
    attempts: int
    backoff: float


def run(request: CustomRequest) -> ResourceResult:
    event = _event(request)
    answer = _invoke(request, request.provider.variables[ON_EVENT], event) or {}
    physical_id = str(answer.get("PhysicalResourceId") or request.physical_id or event["RequestId"])
    if request.is_delete and physical_id != request.physical_id:
        raise ValueError(
            f"DELETE: cannot change the physical resource ID from {request.physical_id!r} to {physical_id!r}"
        )
    merged = {**event, **answer, "PhysicalResourceId": physical_id}
    complete = request.provider.variables.get(_IS_COMPLETE)
    data = dict(merged.get("Data") or {})
    if complete:
        data |= _wait(request, complete, merged)
    return ResourceResult(physical_id=physical_id, attributes=data)


def _event(request: CustomRequest) -> dict[str, Any]:
    event: dict[str, Any] = {
        "RequestType": request.kind,
        "RequestId": str(uuid.uuid4()),
        "StackId": request.stack_id,
        "ServiceToken": request.provider.arn,
        "ResponseURL": "...",
        "ResourceType": request.type_name,
        "LogicalResourceId": request.logical_id,
        "ResourceProperties": dict(request.properties),
    }
    if request.kind != "Create":
        event["PhysicalResourceId"] = request.physical_id
    if request.kind == "Update":
        event["OldResourceProperties"] = dict(request.old_properties)
    return event


def _invoke(request: CustomRequest, function: str, event: Mapping[str, Any]) -> dict[str, Any] | None:
    answer = request.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    payload = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" in answer:
        message = (payload or {}).get("errorMessage") or "error"
        raise RuntimeError(f"{message}\n\nLogs: /aws/lambda/{function.rpartition(':')[2]}")
    if payload is not None and not isinstance(payload, dict):
        raise TypeError(f"{function} answered with {payload!r}, not with an object")
    return payload


def _wait(request: CustomRequest, function: str, event: dict[str, Any]) -> dict[str, Any]:
    waiting = _waiting(request)
    interval = waiting.interval
    for _ in range(waiting.attempts):
        answer = _invoke(request, function, event) or {}
        if answer.get("IsComplete"):
            return dict(answer.get("Data") or {})
        if answer.get("Data"):
            raise ValueError('"Data" is not allowed if "IsComplete" is "False"')
        time.sleep(interval)
        interval *= waiting.backoff
    raise TimeoutError("Operation timed out")


def _waiting(request: CustomRequest) -> _Waiting:
    states = request.cloud.session(region=request.region).client("stepfunctions")
    machine = states.describe_state_machine(stateMachineArn=request.provider.variables[_WAITER])
    definition = json.loads(machine["definition"])
    retries = [
        retry
        for state in definition["States"].values()
        for retry in state.get("Retry", ())
        if _is_wait(retry)
    ]
    chosen = retries[0] if retries else {}
    return _Waiting(
        interval=float(chosen.get("IntervalSeconds", 5)),
        attempts=int(chosen.get("MaxAttempts", 360)),
        backoff=float(chosen.get("BackoffRate", 1)),
    )


def _is_wait(retry: Mapping[str, Any]) -> bool:
    return "States.ALL" in retry.get("ErrorEquals", ())
