"""Starts a Step Functions state machine and, for a standard workflow, waits for its end."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rehearsal.archive import pack, read_member
from rehearsal.engine.ports import ActionRequest
from rehearsal.model.definition import Action
from rehearsal.model.results import ActionResult, Fidelity, S3Object
from rehearsal.providers.configuration import ConfigurationError, reading
from rehearsal.providers.identity import session_of
from rehearsal.providers.outcome import ActionFailure, reported

if TYPE_CHECKING:
    from collections.abc import Mapping

_POLL = 0.2


@dataclass(frozen=True, kw_only=True)
class _Settings:
    machine: str
    prefix: str | None
    input: str
    from_file: bool

    @classmethod
    def of(cls, action: Action) -> _Settings:
        with reading(action) as values:
            kind = values.choice("InputType", ("Literal", "FilePath"), default="Literal")
            from_file = kind == "FilePath"
            values.artifacts(inputs=(1, 1) if from_file else (0, 1), outputs=(0, 1))
            return cls(
                machine=values.required("StateMachineArn"),
                prefix=values.optional("ExecutionNamePrefix"),
                input=values.required("Input", why="InputType is FilePath")
                if from_file
                else values.text("Input", "{}"),
                from_file=from_file,
            )


class StepFunctions:
    fidelity = Fidelity.EMULATED

    def check(self, action: Action) -> None:
        _Settings.of(action)

    @reported
    def run(self, request: ActionRequest) -> ActionResult:
        settings = _Settings.of(request.action)
        states = session_of(request).client("stepfunctions")
        name = "-".join(filter(None, (settings.prefix, request.action_execution_id)))[:80]
        started = states.start_execution(
            stateMachineArn=settings.machine, name=name, input=_input(request, settings)
        )
        variables = {"StateMachineArn": settings.machine, "ExecutionArn": started["executionArn"]}
        express = states.describe_state_machine(stateMachineArn=settings.machine)["type"] == "EXPRESS"
        ended = {} if express else _wait(request, states, started["executionArn"])
        return ActionResult(
            variables=variables,
            output_artifacts={} if express else _output(request, str(ended.get("output", "{}"))),
            external_id=started["executionArn"],
            fidelity=self.fidelity,
        )


def _input(request: ActionRequest, settings: _Settings) -> str:
    if not settings.from_file:
        return settings.input
    [artifact] = request.action.input_artifacts
    try:
        return read_member(request.artifacts.fetch(artifact), settings.input).decode()
    except KeyError:
        raise ConfigurationError(
            f"Input: artifact {artifact!r} contains no file {settings.input!r}"
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"Input: {artifact}::{settings.input} is not UTF-8 text") from None


def _wait(request: ActionRequest, states: Any, execution: str) -> Mapping[str, Any]:
    while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        request.progress("RUNNING")
        if request.cancelled.wait(_POLL):
            states.stop_execution(executionArn=execution, cause="the pipeline action was stopped")
            raise ActionFailure("stopped; the state machine's execution was stopped too")
    if found["status"] != "SUCCEEDED":
        why = ": ".join(filter(None, (found.get("error"), found.get("cause"))))
        raise ActionFailure(f"execution {found['status']}{f': {why}' if why else ''}")
    return dict(found)


def _output(request: ActionRequest, output: str) -> dict[str, S3Object]:
    if not request.action.output_artifacts:
        return {}
    [artifact] = request.action.output_artifacts
    folder, archive = request.workdir / "output", request.workdir / "output.zip"
    folder.mkdir()
    (folder / "output.json").write_text(json.dumps(json.loads(output), indent=2))
    pack(folder, archive)
    return {artifact: request.artifacts.store(artifact, archive)}
