"""Detects stack operations that ended since the last complete save."""

from collections.abc import Mapping
from typing import Any

from rehearsal.emulator.guards import Guard

Ends = Mapping[Any, tuple[str, int]]


class FinishedOperations:
    def __init__(self) -> None:
        guard = Guard("ends of stack operations")
        module = guard.module("ministack.services.cloudformation")
        self._stacks: dict[Any, Any] = guard.attribute(guard.attribute(module, "_stacks"), "_data")
        self._events: dict[Any, Any] = guard.attribute(guard.attribute(module, "_stack_events"), "_data")
        self._saved: dict[Any, tuple[str, int]] = {}

    def unsaved(self) -> Ends:
        """The ends of all stacks if one is not saved, else nothing; call before the save starts."""
        now = {key: self._end(key, stack) for key, stack in list(self._stacks.items()) if is_at_rest(stack)}
        return now if any(self._saved.get(key) != end for key, end in now.items()) else {}

    def saved(self, ends: Ends) -> None:
        self._saved.update(ends)

    def _end(self, key: Any, stack: Mapping[str, Any]) -> tuple[str, int]:
        """Status and number of events, because two operations can end with the same status."""
        account, region, _ = key
        return stack["StackStatus"], len(self._events.get((account, region, stack["StackId"]), ()))


def is_at_rest(stack: Mapping[str, Any]) -> bool:
    return not str(stack["StackStatus"]).endswith("_IN_PROGRESS")
