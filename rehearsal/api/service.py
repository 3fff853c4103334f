"""The `codepipeline` service on the embedded AWS's endpoint: one handler for each operation."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from rehearsal.api import control, executions, kinds, pipelines, state
from rehearsal.api.call import Answer, Call
from rehearsal.api.model import API, known_operations
from rehearsal.api.orphans import Orphans
from rehearsal.api.resources import attach_resources
from rehearsal.api.wiring import engine_for
from rehearsal.emulator.extension import Cloud, ServiceError, ServiceRequest
from rehearsal.emulator.guards import Guard
from rehearsal.emulator.stacks import stacks
from rehearsal.engine.engine import Engine
from rehearsal.engine.errors import EngineError
from rehearsal.model.errors import DefinitionError
from rehearsal.record.database import WriteError

_LOOK_EVERY_SECONDS = 0.05

OPERATIONS: Mapping[str, Callable[[Call], Answer]] = {
    "CreatePipeline": pipelines.create_pipeline,
    "GetPipeline": pipelines.get_pipeline,
    "UpdatePipeline": pipelines.update_pipeline,
    "DeletePipeline": pipelines.delete_pipeline,
    "ListPipelines": pipelines.list_pipelines,
    "ListTagsForResource": pipelines.list_tags_for_resource,
    "TagResource": pipelines.tag_resource,
    "UntagResource": pipelines.untag_resource,
    "GetPipelineState": state.get_pipeline_state,
    "StartPipelineExecution": executions.start_pipeline_execution,
    "StopPipelineExecution": executions.stop_pipeline_execution,
    "GetPipelineExecution": executions.get_pipeline_execution,
    "ListPipelineExecutions": executions.list_pipeline_executions,
    "ListActionExecutions": executions.list_action_executions,
    "ListRuleExecutions": executions.list_rule_executions,
    "RetryStageExecution": control.retry_stage_execution,
    "RollbackStage": control.rollback_stage,
    "OverrideStageCondition": control.override_stage_condition,
    "EnableStageTransition": control.enable_stage_transition,
    "DisableStageTransition": control.disable_stage_transition,
    "PutApprovalResult": control.put_approval_result,
    "GetJobDetails": control.get_job_details,
    "PutJobSuccessResult": control.put_job_success_result,
    "PutJobFailureResult": control.put_job_failure_result,
    "ListActionTypes": kinds.list_action_types,
    "ListRuleTypes": kinds.list_rule_types,
    "PutWebhook": kinds.put_webhook,
    "ListWebhooks": kinds.list_webhooks,
    "DeleteWebhook": kinds.delete_webhook,
}


def attach(cloud: Cloud) -> None:
    """Register the API and the resource types; resume executions of the last daemon."""
    engine = engine_for(cloud)
    cloud.register_service(
        "codepipeline",
        target_prefix="CodePipeline_20150709",
        handler=API.handler(Service(engine=engine, caller=_caller()).answer),
        iam_namespace="codepipeline",
        resource_arn=API.resource_arn(resource_arn),
    )
    attach_resources(cloud, engine)
    cloud.on_start(Orphans(engine, stacks()).settle)
    cloud.on_shutdown(engine.shut_down)
    cloud.background("executions of the last daemon", partial(_begin_once_answering, cloud, engine))


def _begin_once_answering(cloud: Cloud, engine: Engine) -> None:
    """Wait for the endpoint, which resumed executions need; it is published once it answers."""
    while cloud.home.endpoint() is None:
        time.sleep(_LOOK_EVERY_SECONDS)
    engine.begin()


@dataclass(frozen=True, kw_only=True)
class Service:
    engine: Engine
    caller: Callable[[], str]

    def answer(self, request: ServiceRequest) -> Mapping[str, Any]:
        handler = OPERATIONS.get(request.operation)
        if handler is None:
            raise _not_served(request.operation)
        call = Call(
            engine=self.engine,
            payload=request.payload,
            account=request.account,
            region=request.region,
            caller=self.caller(),
        )
        try:
            return handler(call)
        except EngineError as error:
            raise ServiceError(error.code, str(error)) from error
        except DefinitionError as error:
            raise ServiceError(error.code, str(error)) from error
        except WriteError as error:
            message = f"the run record cannot be written: {error}; free some space on the disk"
            raise ServiceError("InternalFailure", message, status=500) from error


def resource_arn(request: ServiceRequest) -> str:
    """The ARN for policy evaluation: a pipeline, its stage, or its stage's action."""
    payload = request.payload
    if arn := payload.get("resourceArn"):
        return str(arn)
    declared = payload.get("pipeline") or {}
    name = payload.get("pipelineName") or payload.get("name") or declared.get("name")
    if not name:
        return "*"
    parts = [name, payload.get("stageName"), payload.get("actionName")]
    return f"arn:aws:codepipeline:{request.region}:{request.account}:" + "/".join(filter(None, parts))


def _not_served(operation: str) -> ServiceError:
    if operation in known_operations():
        return kinds.unsupported(operation)
    return ServiceError("UnknownOperationException", f"CodePipeline has no operation {operation!r}")


def _caller() -> Callable[[], str]:
    guard = Guard("codepipeline caller")
    return guard.function(guard.module("ministack.core.iam_evaluator"), "caller_arn", ())
