"""GetPipelineState: every stage with the execution in it, those waiting for it, and its last result."""

from typing import Any

from rehearsal.api.call import Answer, Call
from rehearsal.api.shapes import conditions_state, latest_action, present
from rehearsal.model.definition import Action, Stage
from rehearsal.record.catalogue import Transition
from rehearsal.record.views import ActionRun, Run, StageRun


def get_pipeline_state(call: Call) -> Answer:
    pipeline = call.pipeline()
    entry = call.record.catalogue.find(call.key)
    waiting = call.record.waiting_in(call.key)
    transitions = call.record.catalogue.transitions(call.key)
    states = [
        _stage_state(stage, _latest(call, stage), waiting, transitions.get(stage.name), first=not index)
        for index, stage in enumerate(pipeline.stages)
    ]
    return present(
        {
            "pipelineName": pipeline.name,
            "pipelineVersion": pipeline.version,
            "stageStates": states,
            "created": entry.created if entry else None,
            "updated": entry.updated if entry else None,
        }
    )


def _stage_state(
    stage: Stage,
    latest: tuple[Run, StageRun] | None,
    waiting: list[Run],
    transition: Transition | None,
    *,
    first: bool,
) -> dict[str, Any]:
    inbound = [
        {"pipelineExecutionId": run.execution_id, "status": "InProgress", "type": run.kind}
        for run in waiting
        if run.waiting_at == stage.name
    ]
    return present(
        {
            "stageName": stage.name,
            "inboundExecution": inbound[-1] if inbound else None,
            "inboundExecutions": inbound,
            "inboundTransitionState": _transition(transition or Transition(stage=stage.name))
            if transition or not first
            else None,
            "actionStates": [_action_state(action, latest) for action in stage.actions],
            **(_about_latest(*latest) if latest else {}),
        }
    )


def _latest(call: Call, stage: Stage) -> tuple[Run, StageRun] | None:
    """The last execution that entered the stage, which may be older than the latest execution."""
    identifier = call.record.details.latest_in(call.key, stage=stage.name)
    run = call.record.run(identifier) if identifier else None
    found = run.stage(stage.name) if run else None
    return (run, found) if run and found else None


def _about_latest(run: Run, stage: StageRun) -> dict[str, Any]:
    def conditions(kind: str) -> dict[str, Any] | None:
        return conditions_state(
            [found for found in stage.conditions if found.kind == kind and found.attempt == stage.attempt]
        )

    return {
        "latestExecution": {
            "pipelineExecutionId": run.execution_id,
            "status": stage.status,
            "type": run.kind,
        },
        "beforeEntryConditionState": conditions("BEFORE_ENTRY"),
        "onSuccessConditionState": conditions("ON_SUCCESS"),
        "onFailureConditionState": conditions("ON_FAILURE"),
        "retryStageMetadata": _retries(stage),
    }


def _retries(stage: StageRun) -> dict[str, Any] | None:
    if not stage.retried_by:
        return None
    counter = "autoStageRetryAttempt" if stage.retried_by.startswith("Auto") else "manualStageRetryAttempt"
    return {counter: stage.attempt - 1, "latestRetryTrigger": stage.retried_by}


def _action_state(action: Action, latest: tuple[Run, StageRun] | None) -> dict[str, Any]:
    run, stage = latest if latest else (None, None)
    found = next((item for item in stage.actions if item.name == action.name), None) if stage else None
    return present(
        {
            "actionName": action.name,
            "currentRevision": _revision(action, run, found),
            "latestExecution": latest_action(found) if found and found.status else None,
        }
    )


def _revision(action: Action, run: Run | None, found: ActionRun | None) -> dict[str, Any] | None:
    revision = next((item for item in run.revisions if item.action == action.name), None) if run else None
    if revision is None or found is None or found.ended is None:
        return None
    return {
        "revisionId": revision.revision_id,
        "revisionChangeId": revision.revision_id,
        "created": found.ended,
    }


def _transition(found: Transition) -> dict[str, Any]:
    return {
        "enabled": found.enabled,
        **present(
            {
                "lastChangedBy": found.changed_by,
                "lastChangedAt": found.at,
                "disabledReason": "" if found.enabled else found.reason,
            }
        ),
    }
