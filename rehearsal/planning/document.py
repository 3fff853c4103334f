"""The plan as a JSON document, for programs."""

from typing import Any

from rehearsal.model.definition import Action, Stage
from rehearsal.model.plan import groups
from rehearsal.planning import words
from rehearsal.planning.estimate import Estimate, RunEstimate
from rehearsal.planning.pipelines import Planned
from rehearsal.planning.timings import Seconds


def document(planned: Planned, estimated: RunEstimate) -> dict[str, Any]:
    pipeline = planned.pipeline
    return {
        "name": pipeline.name,
        "stack": planned.stack,
        "region": pipeline.region,
        "type": pipeline.pipeline_type,
        "execution_mode": pipeline.execution_mode,
        "restarts_on_update": pipeline.restart_on_update,
        "triggers": words.triggers(pipeline),
        "stages": [_stage(stage, estimated) for stage in pipeline.stages],
        "critical_path": _critical_path(estimated),
    }


def _stage(stage: Stage, estimated: RunEstimate) -> dict[str, Any]:
    return {
        "name": stage.name,
        "conditions": words.conditions(stage),
        "groups": [[_action(stage, action, estimated) for action in group] for group in groups(stage)],
    }


def _action(stage: Stage, action: Action, estimated: RunEstimate) -> dict[str, Any]:
    return {
        "name": action.name,
        "category": action.type.category,
        "provider": action.type.provider,
        "run_order": action.run_order,
        "target": words.target(action),
        "inputs": list(action.input_artifacts),
        "outputs": list(action.output_artifacts),
        "namespace": action.namespace,
        "region": action.region,
        "critical": estimated.is_critical(stage, action),
        **_estimate(estimated.actions[stage.name, action.name]),
    }


def _critical_path(estimated: RunEstimate) -> dict[str, Any]:
    return {
        "seconds": _seconds(estimated.total),
        "overhead_seconds": _seconds(estimated.overhead),
        "overhead_share": round(estimated.overhead_share, 3),
        "waits_for_people": estimated.asks_people,
        "steps": [
            {"stage": step.stage, "action": step.action or None, **_estimate(step.estimate)}
            for step in estimated.critical
        ],
    }


def _estimate(found: Estimate) -> dict[str, Any]:
    return {"seconds": _seconds(found.total), "overhead_seconds": _seconds(found.overhead)}


def _seconds(found: Seconds) -> dict[str, float]:
    return {"typical": found.typical, "slow": found.slow}
