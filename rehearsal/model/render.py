"""Back from a `Pipeline` to the API's shape, as GetPipeline answers it."""

from collections.abc import Mapping
from typing import Any

from rehearsal.model.definition import (
    Action,
    ArtifactStore,
    Condition,
    Filter,
    GitTrigger,
    OnFailure,
    Pipeline,
    Rule,
    Stage,
    Variable,
)


def render(pipeline: Pipeline) -> dict[str, Any]:
    stores = {region: _store(store) for region, store in pipeline.artifact_stores.items()}
    single = list(stores) == [pipeline.region]
    return _present(
        {
            "name": pipeline.name,
            "roleArn": pipeline.role_arn,
            "artifactStore": stores[pipeline.region] if single else None,
            "artifactStores": None if single else stores,
            "stages": [_stage(stage) for stage in pipeline.stages],
            "version": pipeline.version,
            "executionMode": pipeline.execution_mode,
            "pipelineType": pipeline.pipeline_type,
            "variables": [_variable(variable) for variable in pipeline.variables],
            "triggers": [_trigger(trigger) for trigger in pipeline.triggers],
        }
    )


def _store(store: ArtifactStore) -> dict[str, Any]:
    key = {"id": store.encryption_key, "type": "KMS"} if store.encryption_key else None
    return _present({"type": "S3", "location": store.bucket, "encryptionKey": key})


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        "name": stage.name,
        "actions": [render_action(action) for action in stage.actions],
        **_present(
            {
                "beforeEntry": _conditions(stage.before_entry),
                "onSuccess": _conditions(stage.on_success),
                "onFailure": _on_failure(stage.on_failure) if stage.on_failure else None,
            }
        ),
    }


def render_action(action: Action) -> dict[str, Any]:
    kind = action.type
    return {
        "name": action.name,
        "actionTypeId": {
            "category": kind.category,
            "owner": kind.owner,
            "provider": kind.provider,
            "version": kind.version,
        },
        "runOrder": action.run_order,
        "configuration": dict(action.configuration),
        "outputArtifacts": [_output(action, name) for name in action.output_artifacts],
        "inputArtifacts": [{"name": name} for name in action.input_artifacts],
        **_present(
            {
                "roleArn": action.role_arn,
                "region": action.region,
                "namespace": action.namespace,
                "timeoutInMinutes": action.timeout_minutes,
                "commands": list(action.commands),
                "outputVariables": list(action.output_variables),
                "environmentVariables": [
                    {"name": item.name, "value": item.value, "type": item.type} for item in action.environment
                ],
            }
        ),
    }


def _output(action: Action, name: str) -> dict[str, Any]:
    return _present({"name": name, "files": list(action.output_files.get(name, ()))})


def _conditions(conditions: tuple[Condition, ...]) -> dict[str, Any] | None:
    return {"conditions": [_condition(condition) for condition in conditions]} if conditions else None


def _condition(condition: Condition) -> dict[str, Any]:
    return {"result": condition.result, "rules": [_rule(rule) for rule in condition.rules]}


def _rule(rule: Rule) -> dict[str, Any]:
    return _present(
        {
            "name": rule.name,
            "ruleTypeId": {
                "category": "Rule",
                "owner": "AWS",
                "provider": rule.provider,
                "version": rule.version,
            },
            "configuration": dict(rule.configuration),
            "commands": list(rule.commands),
            "inputArtifacts": [{"name": name} for name in rule.input_artifacts],
            "roleArn": rule.role_arn,
            "region": rule.region,
            "timeoutInMinutes": rule.timeout_minutes,
        }
    )


def _on_failure(on_failure: OnFailure) -> dict[str, Any]:
    return _present(
        {
            "result": on_failure.result,
            "retryConfiguration": {"retryMode": on_failure.retry_mode} if on_failure.retry_mode else None,
            "conditions": [_condition(condition) for condition in on_failure.conditions],
        }
    )


def _variable(variable: Variable) -> dict[str, Any]:
    return _present(
        {"name": variable.name, "defaultValue": variable.default, "description": variable.description}
    )


def _trigger(trigger: GitTrigger) -> dict[str, Any]:
    git = {
        "sourceActionName": trigger.source_action,
        "push": [
            _present(
                {
                    "branches": _filter(item.branches),
                    "tags": _filter(item.tags),
                    "filePaths": _filter(item.file_paths),
                }
            )
            for item in trigger.push
        ],
        "pullRequest": [
            _present(
                {
                    "branches": _filter(item.branches),
                    "filePaths": _filter(item.file_paths),
                    "events": list(item.events),
                }
            )
            for item in trigger.pull_request
        ],
    }
    return {"providerType": "CodeStarSourceConnection", "gitConfiguration": _present(git)}


def _filter(found: Filter) -> dict[str, Any] | None:
    return _present({"includes": list(found.includes), "excludes": list(found.excludes)}) or None


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is absent: None, empty text, empty lists and maps."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}
