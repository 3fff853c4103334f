"""Change sets: one action creates them, another executes them. One without changes counts as success."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.providers.outcome import ActionFailure
from rehearsal.providers.stacks.stack import Stack, refuse_stuck

_NOTHING = ("didn't contain changes", "No updates are to be performed")
_POLL = 0.1


@dataclass(frozen=True, kw_only=True)
class ChangeSet:
    name: str
    stack: Stack

    def replace(self, arguments: Mapping[str, Any]) -> None:
        found = self.stack.describe()
        fresh = found is None or found["StackStatus"] == "REVIEW_IN_PROGRESS"
        if found is not None:
            refuse_stuck(found)
            self._client.delete_change_set(StackName=self.stack.name, ChangeSetName=self.name)
        self._client.create_change_set(
            ChangeSetName=self.name, ChangeSetType="CREATE" if fresh else "UPDATE", **arguments
        )
        prepared = self._settled()
        if _is_empty(prepared):
            self.stack.log(f"change set {self.name} of stack {self.stack.name} contains no changes")
        elif prepared["Status"] == "FAILED":
            raise ActionFailure(f"change set {self.name} failed: {prepared.get('StatusReason')}")
        else:
            self.stack.log(f"change set {self.name}: {_summary(prepared)}")

    def execute(self) -> None:
        prepared = self._described()
        if _is_empty(prepared):
            self.stack.log(f"change set {self.name} contains no changes; nothing to execute")
            return
        operation = self.stack.operation("change set execution")
        self._client.execute_change_set(StackName=self.stack.name, ChangeSetName=self.name)
        self.stack.wait(operation)

    @property
    def _client(self) -> Any:
        return self.stack.client

    def _settled(self) -> Mapping[str, Any]:
        while (found := self._described())["Status"] in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
            self.stack.progress(found["Status"])
            if self.stack.cancelled.wait(_POLL):
                raise ActionFailure(f"stopped while change set {self.name} was being created")
        return found

    def _described(self) -> Mapping[str, Any]:
        """All pages of the change set's changes."""
        try:
            pages = list(
                self._client.get_paginator("describe_change_set").paginate(
                    StackName=self.stack.name, ChangeSetName=self.name
                )
            )
        except ClientError as error:
            if error.response["Error"].get("Code") not in ("ChangeSetNotFound", "ChangeSetNotFoundException"):
                raise
            raise ActionFailure(
                f"ChangeSet [{self.name}] does not exist for stack {self.stack.name}: it was executed "
                "already or never created. Retry the stage with ALL_ACTIONS, so that it is created again."
            ) from None
        return {**pages[0], "Changes": [change for page in pages for change in page.get("Changes", ())]}


def _is_empty(prepared: Mapping[str, Any]) -> bool:
    reason = prepared.get("StatusReason") or ""
    return prepared["Status"] == "FAILED" and any(words in reason for words in _NOTHING)


def _summary(prepared: Mapping[str, Any]) -> str:
    changes = [change.get("ResourceChange", {}) for change in prepared["Changes"]]
    counts = {
        action: sum(change.get("Action") == action for change in changes)
        for action in ("Add", "Modify", "Remove")
    }
    replaced = sum(change.get("Replacement") == "True" for change in changes)
    words = ", ".join(f"{count} to {action.lower()}" for action, count in counts.items() if count)
    return f"{words or 'no resource changes'}{f' ({replaced} replaced)' if replaced else ''}"
