"""Removes the gaps of a deleted stack, so that the fidelity report lists existing stacks only."""

from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard


def apply(cloud: Cloud) -> None:
    guard = Guard("gaps of deleted stacks")
    stacks = guard.module("ministack.services.cloudformation.stacks")
    handlers = guard.module("ministack.services.cloudformation.handlers")
    known = guard.attribute(guard.module("ministack.services.cloudformation"), "_stacks")
    native = guard.function(stacks, "_delete_stack_async", ("stack_name", "stack_id"))
    guard.that(
        guard.attribute(handlers, "_delete_stack_async") is native, "stacks are deleted by another function"
    )

    async def delete(stack_name: str, stack_id: str, *rest: Any, **more: Any) -> None:
        await native(stack_name, stack_id, *rest, **more)
        if known.get(stack_name, {}).get("StackStatus", "DELETE_COMPLETE") == "DELETE_COMPLETE":
            cloud.gaps.forget(stack_name)

    stacks._delete_stack_async = delete
    handlers._delete_stack_async = delete
