"""Operations that start and describe executions."""

from collections.abc import Mapping
from typing import Any

from rehearsal.api.call import Answer, Call
from rehearsal.api.paging import page
from rehearsal.api.shapes import action_detail, execution, execution_summary, rule_detail
from rehearsal.model.render import render
from rehearsal.model.results import SourceRevision
from rehearsal.record.details import ActionDetail, RuleDetail
from rehearsal.record.views import Run, Trigger
from rehearsal.sources.cause import trigger_of


def start_pipeline_execution(call: Call) -> Answer:
    overrides = {
        found["actionName"]: SourceRevision(revision_id=found["revisionValue"], kind=found["revisionType"])
        for found in call.payload.get("sourceRevisions", [])
    }
    token = call.payload.get("clientRequestToken")
    started = call.engine.start(
        call.key,
        trigger=trigger_of(token) or Trigger(kind="StartPipelineExecution", detail=call.caller),
        values={found["name"]: found["value"] for found in call.payload.get("variables", [])},
        overrides=overrides,
        client_token=token,
    )
    return {"pipelineExecutionId": started}


def stop_pipeline_execution(call: Call) -> Answer:
    identifier = call.payload["pipelineExecutionId"]
    call.engine.stop(
        call.key,
        identifier,
        abandon=bool(call.payload.get("abandon")),
        reason=call.payload.get("reason", ""),
    )
    return {"pipelineExecutionId": identifier}


def get_pipeline_execution(call: Call) -> Answer:
    return {"pipelineExecution": execution(call.run(call.payload["pipelineExecutionId"]))}


def list_pipeline_executions(call: Call) -> Answer:
    call.pipeline()
    runs = call.record.runs_of(call.key)
    stage = call.payload.get("filter", {}).get("succeededInStage", {}).get("stageName")
    if stage:
        runs = [run for run in runs if _succeeded_in(run, stage)]
    chosen, more = page(runs, call.payload)
    return {"pipelineExecutionSummaries": [execution_summary(run) for run in chosen], **more}


def list_action_executions(call: Call) -> Answer:
    call.pipeline()
    found = call.record.details.actions(call.key, execution_id=_execution_filter(call))
    if call.payload.get("filter", {}).get("latestInPipelineExecution", {}).get("startTimeRange") == "Latest":
        found = _newest_attempts(found)
    chosen, more = page(found, call.payload)
    details = [action_detail(item, _declared_action(call, item)) for item in chosen]
    return {"actionExecutionDetails": details, **more}


def list_rule_executions(call: Call) -> Answer:
    call.pipeline()
    found = call.record.details.rules(call.key, execution_id=_execution_filter(call))
    chosen, more = page(found, call.payload)
    details = [rule_detail(item, _declared_rule(call, item)) for item in chosen]
    return {"ruleExecutionDetails": details, **more}


def _newest_attempts(found: list[ActionDetail]) -> list[ActionDetail]:
    """The latest attempt of each action; the list has the newest first."""
    newest: dict[tuple[str, str], ActionDetail] = {}
    for item in found:
        newest.setdefault((item.stage, item.name), item)
    return list(newest.values())


def _succeeded_in(run: Run, stage: str) -> bool:
    found = run.stage(stage)
    return found is not None and found.status == "Succeeded"


def _execution_filter(call: Call) -> str | None:
    wanted = call.payload.get("filter", {})
    latest = wanted.get("latestInPipelineExecution", {})
    identifier = wanted.get("pipelineExecutionId") or latest.get("pipelineExecutionId")
    return call.run(identifier).execution_id if identifier else None


def _declared_action(call: Call, found: ActionDetail) -> Mapping[str, Any]:
    return _named(_declared_stage(call, found.version, found.stage).get("actions", []), found.name)


def _declared_rule(call: Call, found: RuleDetail) -> Mapping[str, Any]:
    declared = _declared_stage(call, found.version, found.stage)
    parts = [declared.get(part, {}) for part in ("beforeEntry", "onSuccess", "onFailure")]
    conditions = [condition for part in parts for condition in part.get("conditions", [])]
    return _named([rule for condition in conditions for rule in condition["rules"]], found.name)


def _declared_stage(call: Call, version: int, stage: str) -> Mapping[str, Any]:
    pipeline = call.record.catalogue.definition(call.key, version)
    return _named(render(pipeline)["stages"], stage) if pipeline else {}


def _named(items: list[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    return next((item for item in items if item["name"] == name), {})
