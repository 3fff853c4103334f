"""The stack of an action: its status, its operations, and the reason of a failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rehearsal.providers.outcome import ActionFailure
from rehearsal.providers.stacks.explain import first_failure, known_events, resources_done

if TYPE_CHECKING:
    import threading

    from mypy_boto3_cloudformation import CloudFormationClient

_FIRST_POLL, _SLOWEST_POLL = 0.05, 1.0

_FAILED = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED")
"""States that REPLACE_ON_FAILURE deletes; a stack in one of them cannot be updated."""
_GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """The operation's name for messages, and the events that are older than it."""

    name: str
    stack_id: str
    seen: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Stack:
    name: str
    client: CloudFormationClient
    cancelled: threading.Event
    log: Callable[[str], None]
    progress: Callable[[str], None]

    def describe(self, name: str | None = None) -> Mapping[str, Any] | None:
        """The current stack, or None if it does not exist."""
        try:
            found = self.client.describe_stacks(StackName=name or self.name)["Stacks"]
        except ClientError as error:
            if "does not exist" in error.response["Error"].get("Message", ""):
                return None
            raise
        stack: Mapping[str, Any] = dict(found[0])
        return None if stack["StackStatus"] == "DELETE_COMPLETE" and name is None else stack

    @property
    def outputs(self) -> dict[str, str]:
        found = self.describe() or {}
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}

    def create(self, arguments: Mapping[str, Any], *, policy: str | None) -> None:
        extra: dict[str, Any] = {"StackPolicyBody": policy} if policy else {}
        created = self.client.create_stack(**arguments, **extra)
        self.wait(Operation(name="creation", stack_id=created["StackId"]))

    def update(self, arguments: Mapping[str, Any], *, policy: str | None) -> bool:
        """False if there was nothing to update."""
        operation = self.operation("update")
        extra: dict[str, Any] = {"StackPolicyBody": policy} if policy else {}
        try:
            self.client.update_stack(**arguments, **extra)
        except ClientError as error:
            if "No updates are to be performed" in error.response["Error"].get("Message", ""):
                self.log(f"stack {self.name}: no updates are to be performed")
                return False
            raise
        self.wait(operation)
        return True

    def delete(self, *, role_arn: str | None) -> None:
        if self.describe() is None:
            self.log(f"stack {self.name} does not exist; nothing to delete")
            return
        operation = self.operation("deletion")
        extra: dict[str, Any] = {"RoleARN": role_arn} if role_arn else {}
        self.client.delete_stack(StackName=self.name, **extra)
        self.wait(operation)

    def operation(self, name: str) -> Operation:
        """An operation that is about to start on the existing stack."""
        found = self.describe()
        if found is None:
            raise ActionFailure(f"Stack [{self.name}] does not exist")
        stack_id = found["StackId"]
        return Operation(name=name, stack_id=stack_id, seen=known_events(self.client, stack_id=stack_id))

    def wait(self, operation: Operation) -> None:
        """Wait until no operation is in progress; raises unless the operation succeeded."""
        status = self._settled(operation)
        succeeded = "DELETE_COMPLETE" if operation.name == "deletion" else _GOOD
        if status in succeeded:
            self.log(f"stack {self.name}: {status}")
            return
        failure = first_failure(self.client, stack_id=operation.stack_id, seen=operation.seen)
        raise ActionFailure(
            f"{operation.name} of stack {self.name} ended in {status}" + (f": {failure}" if failure else "")
        )

    def _settled(self, operation: Operation) -> str:
        delay = _FIRST_POLL
        while True:
            found = self.describe(operation.stack_id)
            status = str(found["StackStatus"]) if found else "DELETE_COMPLETE"
            if not status.endswith("_IN_PROGRESS") or status == "REVIEW_IN_PROGRESS":
                return status
            done = resources_done(self.client, stack_id=operation.stack_id, seen=operation.seen)
            self.progress(f"{status}, {done} resource{'s' * (done != 1)} done")
            if self.cancelled.wait(delay):
                raise ActionFailure(
                    f"stopped while stack {self.name} was {status}; its {operation.name} continues"
                )
            delay = min(delay * 1.5, _SLOWEST_POLL)


def refuse_stuck(found: Mapping[str, Any]) -> None:
    """Raise CloudFormation's error for a stack that cannot be updated, with the remedy."""
    status = found["StackStatus"]
    if status in _FAILED:
        raise ActionFailure(
            f"Stack:{found['StackId']} is in {status} state and can not be updated. "
            "Delete the stack, or let an action with ActionMode REPLACE_ON_FAILURE replace it."
        )
    if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        raise ActionFailure(f"Stack:{found['StackId']} is in {status} state and can not be updated.")


def is_failed(found: Mapping[str, Any]) -> bool:
    return found["StackStatus"] in _FAILED
