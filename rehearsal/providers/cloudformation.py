"""The Deploy action of CloudFormation, with every action mode."""

import json
from collections.abc import Mapping

from rehearsal.archive import pack
from rehearsal.engine.ports import ActionRequest
from rehearsal.model.definition import Action
from rehearsal.model.results import ActionResult, Fidelity, S3Object
from rehearsal.providers.identity import session_of
from rehearsal.providers.outcome import reported
from rehearsal.providers.stacks.change_set import ChangeSet
from rehearsal.providers.stacks.inputs import read_inputs
from rehearsal.providers.stacks.outputs import reachable
from rehearsal.providers.stacks.settings import Mode, Settings
from rehearsal.providers.stacks.stack import Stack, is_failed, refuse_stuck


class CloudFormation:
    fidelity = Fidelity.EMULATED

    def check(self, action: Action) -> None:
        Settings.of(action)

    @reported
    def run(self, request: ActionRequest) -> ActionResult:
        settings = Settings.of(request.action)
        stack = Stack(
            name=settings.stack,
            client=session_of(request).client("cloudformation"),
            cancelled=request.cancelled,
            log=request.log,
            progress=request.progress,
        )
        _MODES[settings.mode](request, settings, stack)
        if settings.mode == Mode.DELETE_ONLY:
            return ActionResult(fidelity=self.fidelity, external_id=settings.stack)
        return _result(request, settings, stack)


def _create_or_update(request: ActionRequest, settings: Settings, stack: Stack) -> None:
    found = stack.describe()
    inputs = read_inputs(request, settings)
    if found is None or found["StackStatus"] == "REVIEW_IN_PROGRESS":
        stack.create(inputs.arguments(settings), policy=inputs.policy)
        return
    refuse_stuck(found)
    stack.update(inputs.arguments(settings), policy=inputs.policy)


def _replace_on_failure(request: ActionRequest, settings: Settings, stack: Stack) -> None:
    found = stack.describe()
    if found is not None and is_failed(found):
        request.log(f"stack {stack.name} is {found['StackStatus']}; it is deleted and created again")
        stack.delete(role_arn=settings.role_arn)
    _create_or_update(request, settings, stack)


def _delete(_request: ActionRequest, settings: Settings, stack: Stack) -> None:
    stack.delete(role_arn=settings.role_arn)


def _replace_change_set(request: ActionRequest, settings: Settings, stack: Stack) -> None:
    inputs = read_inputs(request, settings)
    ChangeSet(name=settings.change_set, stack=stack).replace(inputs.arguments(settings))
    if inputs.policy:
        stack.client.set_stack_policy(StackName=stack.name, StackPolicyBody=inputs.policy)


def _execute_change_set(_request: ActionRequest, settings: Settings, stack: Stack) -> None:
    ChangeSet(name=settings.change_set, stack=stack).execute()


_MODES = {
    Mode.CREATE_UPDATE: _create_or_update,
    Mode.REPLACE_ON_FAILURE: _replace_on_failure,
    Mode.DELETE_ONLY: _delete,
    Mode.CHANGE_SET_REPLACE: _replace_change_set,
    Mode.CHANGE_SET_EXECUTE: _execute_change_set,
}


def _result(request: ActionRequest, settings: Settings, stack: Stack) -> ActionResult:
    found = stack.describe() or {}
    outputs, gaps = reachable(request, stack.name, stack.outputs)
    return ActionResult(
        output_artifacts=_output_file(request, settings, outputs),
        variables=outputs,
        external_id=found.get("StackId", stack.name),
        fidelity=Fidelity.EMULATED,
        gaps=gaps,
    )


def _output_file(
    request: ActionRequest, settings: Settings, outputs: Mapping[str, str]
) -> dict[str, S3Object]:
    """Write the stack's outputs as a JSON file, for modes that have one."""
    if settings.output_file is None:
        return {}
    folder = request.workdir / "outputs"
    folder.joinpath(settings.output_file).parent.mkdir(parents=True)
    folder.joinpath(settings.output_file).write_text(json.dumps(outputs, indent=2))
    archive = request.workdir / "outputs.zip"
    pack(folder, archive)
    [artifact] = request.action.output_artifacts
    return {artifact: request.artifacts.store(artifact, archive)}
