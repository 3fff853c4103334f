"""Reads stacks, for extensions that keep resources outside of the emulator."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.emulator.guards import Guard


@dataclass(frozen=True, kw_only=True)
class Stack:
    status: str
    physical_ids: frozenset[str]
    """Physical ids of the stack's resources."""


def stacks() -> Callable[[str], Stack | None]:
    """Returns a function that finds a stack by id in any account and region, deleted ones included."""
    guard = Guard("what stacks hold")
    records = guard.attribute(guard.module("ministack.services.cloudformation"), "_stacks")
    held: Mapping[Any, Mapping[str, Any]] = guard.attribute(records, "_data")

    def find(stack_id: str) -> Stack | None:
        found = next((stack for stack in list(held.values()) if stack["StackId"] == stack_id), None)
        return _read(found) if found else None

    return find


def _read(stack: Mapping[str, Any]) -> Stack:
    resources = stack.get("_resources", {}).values()
    physical_ids = frozenset(str(resource["PhysicalResourceId"]) for resource in resources)
    return Stack(status=stack["StackStatus"], physical_ids=physical_ids)
