"""Build and Test actions of CodeBuild: starts the project's build and waits for its end."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.builds.handover import Handover, Outcome, offer, withdraw
from rehearsal.engine.ports import ActionRequest
from rehearsal.model.definition import Action
from rehearsal.model.results import ActionResult, Failure, Fidelity
from rehearsal.providers.configuration import Values, reading
from rehearsal.providers.identity import session_of
from rehearsal.providers.outcome import reported

_TYPES = ("PLAINTEXT", "PARAMETER_STORE", "SECRETS_MANAGER")
_LOOK_EVERY = 0.1
_VARIABLES_ARE = (
    f'write a JSON list of {{"name": …, "value": …, "type": …}}, the type one of {", ".join(_TYPES)}'
)


@dataclass(frozen=True, kw_only=True)
class _Settings:
    project: str
    primary: str
    variables: tuple[Mapping[str, str], ...]

    @classmethod
    def of(cls, action: Action) -> "_Settings":
        with reading(action) as values:
            values.artifacts(inputs=(1, 5), outputs=(0, 5))
            _refuse_batches(values)
            return cls(
                project=values.required("ProjectName"),
                primary=_primary(values),
                variables=_variables(values),
            )


class CodeBuild:
    def check(self, action: Action) -> None:
        _Settings.of(action)

    @reported
    def run(self, request: ActionRequest) -> ActionResult:
        settings = _Settings.of(request.action)
        client = session_of(request).client("codebuild")
        handover = Handover(
            pipeline=request.pipeline,
            inputs=request.action.input_artifacts,
            primary=settings.primary,
            outputs=request.action.output_artifacts,
            artifacts=request.artifacts,
            log=request.log,
            progress=request.progress,
            reuse_builds=request.reuse_builds,
            bake_seconds=request.bake_seconds,
        )
        token = offer(handover)
        try:
            build_id = _start(client, settings, token)
        finally:
            withdraw(token)
        _wait(client, build_id, handover, request)
        client.batch_get_builds(ids=[build_id])  # as in CodePipeline, with the action's permissions
        return _result(build_id, handover.outcome or Outcome(status="FAULT"))


def _start(client: Any, settings: _Settings, token: str) -> str:
    answer = client.start_build(
        projectName=settings.project,
        sourceTypeOverride="CODEPIPELINE",
        sourceLocationOverride=token,
        environmentVariablesOverride=list(settings.variables),
    )
    return str(answer["build"]["id"])


def _wait(client: Any, build_id: str, handover: Handover, request: ActionRequest) -> None:
    while not handover.done.wait(_LOOK_EVERY):
        if request.cancelled.is_set():
            _stop(client, build_id, handover)
            handover.done.wait()


def _stop(client: Any, build_id: str, handover: Handover) -> None:
    """Stop with the action's permissions; if they are missing, stop the build directly."""
    with contextlib.suppress(ClientError):
        client.stop_build(id=build_id)
    handover.stop()


def _result(build_id: str, outcome: Outcome) -> ActionResult:
    result = ActionResult(
        output_artifacts=outcome.artifacts,
        variables=outcome.exported_variables,
        external_id=build_id,
        external_url=Path(outcome.log_file).as_uri() if outcome.log_file else "",
        summary=_summary(outcome),
        fidelity=Fidelity.REAL,
        gaps=outcome.gaps,
    )
    if outcome.status == "SUCCEEDED":
        return result
    failure = Failure(code="JobFailed", message=_failure_message(outcome))
    return replace(result, failure=failure, output_artifacts={})


def _failure_message(outcome: Outcome) -> str:
    words = f"Build terminated with state: {outcome.status}"
    phase = outcome.failure
    if phase is None:
        return words
    hint = f"\nHint: {outcome.hint}" if outcome.hint else ""
    return f"{words}. Phase: {phase.name}, Code: {phase.code}, Message: {phase.message}{hint}"


def _summary(outcome: Outcome) -> str:
    reused = [f"reused result of build {outcome.reused_from}"] if outcome.reused_from else []
    return "; ".join([*map(str, outcome.reports), *reused])


def _primary(values: Values) -> str:
    inputs = values.action.input_artifacts
    primary = values.text("PrimarySource", inputs[0] if inputs else "")
    if len(inputs) > 1 and values.optional("PrimarySource") is None:
        values.fail("PrimarySource", "is missing", f"name one of the inputs: {', '.join(inputs)}")
    if primary not in inputs:
        values.fail("PrimarySource", f"is {primary!r}", f"name one of the inputs: {', '.join(inputs)}")
    return primary


def _refuse_batches(values: Values) -> None:
    values.ignored("CombineArtifacts")  # only for batch builds
    if values.flag("BatchEnabled", default=False):
        values.fail(
            "BatchEnabled",
            "is true",
            "batch builds are not supported; run each build as an action",
        )


def _variables(values: Values) -> tuple[Mapping[str, str], ...]:
    text = values.text("EnvironmentVariables", "[]")
    try:
        found = json.loads(text)
    except ValueError as error:
        values.fail("EnvironmentVariables", f"is not JSON ({error})", _VARIABLES_ARE)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        values.fail("EnvironmentVariables", f"is {text}", _VARIABLES_ARE)
    return tuple(_variable(values, item) for item in found)


def _variable(values: Values, item: Mapping[str, Any]) -> Mapping[str, str]:
    kind = item.get("type", "PLAINTEXT")
    unknown = sorted(set(item) - {"name", "value", "type"})
    if unknown or "name" not in item or "value" not in item or kind not in _TYPES:
        values.fail("EnvironmentVariables", f"has the entry {json.dumps(item)}", _VARIABLES_ARE)
    return {"name": str(item["name"]), "value": str(item["value"]), "type": kind}
