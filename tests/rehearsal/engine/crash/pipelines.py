"""The pipeline of the crash stories: build, self-mutation, two environments, an approval between them."""

from typing import Any

from rehearsal.model.definition import Pipeline
from rehearsal.model.parse import parse

ACCOUNT, REGION = "111111111111", "eu-west-1"


def whole(*, smoke: bool = True) -> Pipeline:
    """Without `smoke` it is the version before the self-mutation."""
    staging = _staging()
    if not smoke:
        staging["actions"].pop()
    update = [_action("SelfMutate", "Build", "CodeBuild", do="mutate")]
    build = {"name": "Build", "actions": [_build("Synth", 1), _build("Tests", 1)]}
    return _parsed([_source(), build, {"name": "UpdatePipeline", "actions": update}, staging, _prod()])


def small(*, mode: str = "QUEUED", on_failure: str = "ROLLBACK", conditions: bool = False) -> Pipeline:
    return _parsed([_source(), _staging(on_failure=on_failure, conditions=conditions), _prod()], mode=mode)


def _parsed(stages: list[dict[str, Any]], *, mode: str = "QUEUED") -> Pipeline:
    declared = {
        "name": "demo",
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/pipeline",
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "pipelineType": "V2",
        "executionMode": mode,
        "stages": stages,
    }
    return parse(declared, account=ACCOUNT, region=REGION)


def _staging(*, on_failure: str = "ROLLBACK", conditions: bool = False) -> dict[str, Any]:
    failure: dict[str, Any] = {"result": on_failure}
    if on_failure == "RETRY":
        failure["retryConfiguration"] = {"retryMode": "ALL_ACTIONS"}
    stage: dict[str, Any] = {
        "name": "Staging",
        "onFailure": failure,
        "actions": [_deploy("Deploy", 1), _deploy("Smoke", 2)],
    }
    if conditions:
        stage["beforeEntry"] = _condition("Frozen", "FAIL", "frozen")
        stage["onSuccess"] = _condition("Bake", "ROLLBACK", "alarm")
    return stage


def _prod() -> dict[str, Any]:
    approve = {**_action("Ok", "Approval", "Manual", do="approve"), "inputArtifacts": []}
    return {"name": "Prod", "actions": [approve, _deploy("Release", 2)]}


def _condition(name: str, result: str, file: str) -> dict[str, Any]:
    kind = {"category": "Rule", "owner": "AWS", "provider": "CloudWatchAlarm", "version": "1"}
    rule = {"name": name, "ruleTypeId": kind, "configuration": {"AlarmName": file, "WaitTime": "1"}}
    return {"conditions": [{"result": result, "rules": [rule]}]}


def _action(name: str, category: str, provider: str, order: int = 1, **configuration: str) -> dict[str, Any]:
    return {
        "name": name,
        "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"},
        "runOrder": order,
        "configuration": configuration,
        "inputArtifacts": [{"name": "Code"}],
    }


def _source() -> dict[str, Any]:
    found = _action("Repo", "Source", "CodeCommit")
    action = {**found, "inputArtifacts": [], "outputArtifacts": [{"name": "Code"}], "namespace": "Src"}
    return {"name": "Source", "actions": [action]}


def _build(name: str, order: int) -> dict[str, Any]:
    return {**_action(name, "Build", "CodeBuild", order), "outputArtifacts": [{"name": f"{name}Out"}]}


def _deploy(name: str, order: int) -> dict[str, Any]:
    return _action(name, "Build", "CodeBuild", order, fails_while=f"{name.lower()}-broken")
