"""Converts the record's data to the API's shapes. As on AWS, absent members are left out."""

from collections.abc import Mapping
from typing import Any

from rehearsal.model.results import Failure, S3Object
from rehearsal.record.details import ActionDetail, RuleDetail
from rehearsal.record.views import ActionRun, ConditionRun, Run


def present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def execution_summary(run: Run) -> dict[str, Any]:
    return present(
        {
            "pipelineExecutionId": run.execution_id,
            "status": run.status,
            "statusSummary": run.status_summary,
            "startTime": run.started,
            "lastUpdateTime": run.updated,
            "sourceRevisions": [
                present(
                    {
                        "actionName": found.action,
                        "revisionId": found.revision_id,
                        "revisionSummary": found.summary,
                        "revisionUrl": found.url,
                    }
                )
                for found in run.revisions
            ],
            "stopTrigger": {"reason": run.stop_reason} if run.stop_reason else None,
            **_how(run),
        }
    )


def execution(run: Run) -> dict[str, Any]:
    return present(
        {
            "pipelineName": run.pipeline,
            "pipelineVersion": run.version,
            "pipelineExecutionId": run.execution_id,
            "status": run.status,
            "statusSummary": run.status_summary,
            "artifactRevisions": [
                present(
                    {
                        "name": found.artifact,
                        "revisionId": found.revision_id,
                        "revisionSummary": found.summary,
                        "revisionUrl": found.url,
                    }
                )
                for found in run.revisions
            ],
            "variables": [{"name": name, "resolvedValue": value} for name, value in run.variables],
            **_how(run),
        }
    )


def _how(run: Run) -> dict[str, Any]:
    target = {"rollbackTargetPipelineExecutionId": run.rollback_of} if run.rollback_of else None
    return {
        "trigger": present({"triggerType": run.trigger.kind, "triggerDetail": run.trigger.detail}),
        "executionMode": run.mode,
        "executionType": run.kind,
        "rollbackMetadata": target,
    }


def action_detail(found: ActionDetail, declared: Mapping[str, Any]) -> dict[str, Any]:
    """`declared` is the action in the definition of that version."""
    return present(
        {
            "pipelineExecutionId": found.execution_id,
            "actionExecutionId": found.action_execution_id,
            "pipelineVersion": found.version,
            "stageName": found.stage,
            "actionName": found.name,
            "startTime": found.started,
            "lastUpdateTime": found.updated,
            "updatedBy": found.updated_by,
            "status": found.status,
            "input": present(
                {
                    "actionTypeId": declared.get("actionTypeId"),
                    "configuration": declared.get("configuration"),
                    "resolvedConfiguration": dict(found.resolved),
                    "roleArn": declared.get("roleArn"),
                    "region": declared.get("region"),
                    "inputArtifacts": _artifacts(found.inputs),
                    "namespace": declared.get("namespace"),
                }
            ),
            "output": _output(found) if found.status != "InProgress" else None,
        }
    )


def _output(found: ActionDetail) -> dict[str, Any]:
    return {
        "outputArtifacts": _artifacts(found.outputs),
        "executionResult": present(
            {
                "externalExecutionId": found.external_id,
                "externalExecutionSummary": found.summary,
                "externalExecutionUrl": found.external_url,
                "errorDetails": error(found.failure),
            }
        ),
        "outputVariables": dict(found.variables),
    }


def rule_detail(found: RuleDetail, declared: Mapping[str, Any]) -> dict[str, Any]:
    return present(
        {
            "pipelineExecutionId": found.execution_id,
            "ruleExecutionId": found.rule_execution_id,
            "pipelineVersion": found.version,
            "stageName": found.stage,
            "ruleName": found.name,
            "startTime": found.started,
            "lastUpdateTime": found.updated,
            "status": found.status,
            "input": present(
                {
                    "ruleTypeId": declared.get("ruleTypeId"),
                    "configuration": declared.get("configuration"),
                    "resolvedConfiguration": dict(found.resolved),
                    "roleArn": declared.get("roleArn"),
                    "region": declared.get("region"),
                }
            ),
            "output": {
                "executionResult": present(
                    {"externalExecutionSummary": found.summary, "errorDetails": error(found.failure)}
                )
            },
        }
    )


def latest_action(found: ActionRun) -> dict[str, Any]:
    return present(
        {
            "actionExecutionId": found.action_execution_id,
            "status": found.status,
            "summary": found.summary or found.progress,
            "lastStatusChange": found.ended or found.started,
            "token": found.token,
            "lastUpdatedBy": found.updated_by,
            "externalExecutionId": found.external_id,
            "externalExecutionUrl": found.external_url,
            "errorDetails": error(found.failure),
        }
    )


def conditions_state(found: list[ConditionRun]) -> dict[str, Any] | None:
    """Conditions of one kind, in one attempt at a stage."""
    if not found:
        return None
    newest = found[-1]
    return {
        "latestExecution": present({"status": newest.status, "summary": newest.summary}),
        "conditionStates": [_condition_state(item) for item in found],
    }


def _condition_state(found: ConditionRun) -> dict[str, Any]:
    return {
        "latestExecution": present(
            {
                "status": found.status,
                "summary": found.summary,
                "lastStatusChange": found.ended or found.started,
            }
        ),
        "ruleStates": [
            {
                "ruleName": rule.name,
                "latestExecution": present(
                    {
                        "ruleExecutionId": rule.rule_execution_id,
                        "status": rule.status,
                        "summary": rule.summary,
                        "lastStatusChange": rule.ended or rule.started,
                        "errorDetails": error(rule.failure),
                    }
                ),
            }
            for rule in found.rules
        ],
    }


def error(failure: Failure | None) -> dict[str, str] | None:
    return {"code": failure.code, "message": failure.message} if failure else None


def _artifacts(found: Mapping[str, S3Object]) -> list[dict[str, Any]]:
    return [{"name": name, "s3location": {"bucket": at.bucket, "key": at.key}} for name, at in found.items()]
