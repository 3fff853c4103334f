"""Makes change sets executable that change only outputs, as on AWS.

ministack compares resources only and calls such a change set empty, so that an output which a later pipeline
step reads would never appear.
"""

import json
from collections.abc import Mapping
from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard

_EMPTY = "didn't contain changes"
_OPERATION = "CreateChangeSet"


def apply(_cloud: Cloud) -> None:
    guard = Guard("change sets of outputs")
    cloudformation = guard.module("ministack.services.cloudformation")
    handlers = guard.attribute(guard.module("ministack.services.cloudformation.handlers"), "_ACTION_HANDLERS")
    changesets = guard.module("ministack.services.cloudformation.changesets")
    native = guard.function(changesets, "_create_change_set", ("params",))
    guard.that(handlers.get(_OPERATION) is native, f"{_OPERATION} is answered by another function")

    def create(params: Mapping[str, Any]) -> Any:
        known = set(cloudformation._change_sets)
        answer = native(params)
        for identifier in set(cloudformation._change_sets) - known:
            found = cloudformation._change_sets[identifier]
            if _EMPTY in found["StatusReason"] and _changes_outputs(
                found, cloudformation._stacks.get(found["StackName"], {})
            ):
                found.update(Status="CREATE_COMPLETE", ExecutionStatus="AVAILABLE", StatusReason="")
        return answer

    handlers[_OPERATION] = create


def _changes_outputs(change_set: Mapping[str, Any], stack: Mapping[str, Any]) -> bool:
    outputs = change_set["_template"].get("Outputs") or {}
    if outputs != (stack.get("_template", {}).get("Outputs") or {}):
        return True
    written = json.dumps(outputs)
    before, after = stack.get("_resolved_params", {}), change_set["_resolved_params"]
    return any(
        f'"{name}"' in written or f"${{{name}}}" in written
        for name, parameter in after.items()
        if parameter.get("Value") != before.get(name, {}).get("Value")
    )
