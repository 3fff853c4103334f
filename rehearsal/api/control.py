"""Operations by which people and functions control running executions."""

import time

from rehearsal.api.call import Answer, Call
from rehearsal.emulator.extension import ServiceError
from rehearsal.engine.ports import JobAnswer
from rehearsal.model.definition import Stage
from rehearsal.model.results import Failure


def retry_stage_execution(call: Call) -> Answer:
    identifier = call.payload["pipelineExecutionId"]
    call.engine.retry_stage(call.key, call.payload["stageName"], identifier, mode=call.payload["retryMode"])
    return {"pipelineExecutionId": identifier}


def rollback_stage(call: Call) -> Answer:
    started = call.engine.roll_back(
        call.key, call.payload["stageName"], call.payload["targetPipelineExecutionId"], by=call.caller
    )
    return {"pipelineExecutionId": started}


def override_stage_condition(call: Call) -> Answer:
    call.engine.override_condition(
        call.key,
        call.payload["stageName"],
        call.payload["pipelineExecutionId"],
        kind=call.payload["conditionType"],
    )
    return {}


def enable_stage_transition(call: Call) -> Answer:
    _inbound(call)
    call.engine.set_transition(call.key, call.payload["stageName"], enabled=True, by=call.caller)
    return {}


def disable_stage_transition(call: Call) -> Answer:
    _inbound(call)
    call.engine.set_transition(
        call.key, call.payload["stageName"], enabled=False, reason=call.payload["reason"], by=call.caller
    )
    return {}


def put_approval_result(call: Call) -> Answer:
    stage = _stage(call)
    action = call.payload["actionName"]
    if action not in [found.name for found in stage.actions]:
        raise ServiceError("ActionNotFoundException", f"stage {stage.name!r} has no action {action!r}")
    token, result = call.payload["token"], call.payload["result"]
    call.engine.approvals.decide(
        call.key,
        f"{stage.name}/{action}",
        token,
        status=result["status"],
        summary=result["summary"],
        by=call.caller,
    )
    return {"approvedAt": time.time()}


def get_job_details(call: Call) -> Answer:
    job = call.payload["jobId"]
    data = call.engine.jobs.details(job, account=call.account, region=call.region)
    return {"jobDetails": {"id": job, "data": dict(data), "accountId": call.account}}


def put_job_success_result(call: Call) -> Answer:
    details = call.payload.get("executionDetails", {})
    answer = JobAnswer(
        continuation_token=call.payload.get("continuationToken"),
        external_id=details.get("externalExecutionId", ""),
        summary=details.get("summary", ""),
        variables=call.payload.get("outputVariables", {}),
    )
    call.engine.jobs.complete(call.payload["jobId"], answer, account=call.account, region=call.region)
    return {}


def put_job_failure_result(call: Call) -> Answer:
    details = call.payload["failureDetails"]
    failure = Failure(code=details["type"], message=details["message"])
    answer = JobAnswer(failure=failure, external_id=details.get("externalExecutionId", ""))
    call.engine.jobs.complete(call.payload["jobId"], answer, account=call.account, region=call.region)
    return {}


def _stage(call: Call) -> Stage:
    name = call.payload["stageName"]
    for stage in call.pipeline().stages:
        if stage.name == name:
            return stage
    raise ServiceError("StageNotFoundException", f"{call.key.name} has no stage {name!r}")


def _inbound(call: Call) -> None:
    """Refuse outbound transitions, which the API has but AWS refuses too."""
    if call.payload["transitionType"] != "Inbound":
        raise ServiceError("ValidationException", "only the Inbound transition of a stage can be changed")
