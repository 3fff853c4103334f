"""Ends each stack operation that a daemon was interrupted in, as CloudFormation ends a failed one.

A create or update is rolled back. An update that had only old resources left to delete is completed instead,
because the old state no longer exists. A deletion fails and can be requested again. The roll-back reads its
data from the stack and from the journal (`operations`). If there is none, as for an import, the stack gets
the failed status of its operation.
"""

import asyncio
import copy
import logging
from collections.abc import Coroutine, Mapping
from typing import Any

from rehearsal.daemon.settling import INTERRUPTED
from rehearsal.daemon.settling.journal import Journal, Progress
from rehearsal.daemon.settling.operations import OPERATION
from rehearsal.emulator.guards import Guard

_TYPE = "AWS::CloudFormation::Stack"
_RESTING = "REVIEW_IN_PROGRESS"
"""The status of a stack that has only a change set so far."""

_FAILED = {
    "CREATE": "CREATE_FAILED",
    "ROLLBACK": "ROLLBACK_FAILED",
    "DELETE": "DELETE_FAILED",
    "UPDATE": "UPDATE_ROLLBACK_FAILED",
    "IMPORT": "IMPORT_ROLLBACK_FAILED",
}
_CUSTOM = ("Custom::", "AWS::CloudFormation::CustomResource")
_SECONDS = 15.0
"""A roll-back that takes longer, because of a custom resource's function, continues after the start."""

_log = logging.getLogger("rehearsal.cloud")


class Stacks:
    def __init__(self, journal: Journal) -> None:
        guard = Guard("stack operations that were cut off")
        self._journal = journal
        self._module = guard.module("ministack.services.cloudformation")
        self._engine = guard.module("ministack.services.cloudformation.stacks")
        self._context = guard.module("ministack.core.responses")
        self._roll_back = guard.function(
            self._engine, "_roll_back_operation", ("stack_name", "stack_id", "stack", "operation")
        )
        self._add_event = guard.function(
            self._engine, "_add_event", ("stack_id", "stack_name", "logical_id", "resource_type", "status")
        )
        guard.function(self._engine, "_deploy_stack_async", ("stack_name", "stack_id", "template"))

    async def settle(self) -> list[str]:
        """Settle all stacks; returns what was done, in sentences."""
        self._fail_change_sets()
        found = {key: stack for key, stack in self._module._stacks._data.items() if is_cut_off(stack)}
        nested = {key: stack for key, stack in found.items() if stack.get("ParentId")}
        outer = {key: stack for key, stack in found.items() if key not in nested}
        sentences = await self._settle_all(outer)
        return sentences + await self._settle_all({key: s for key, s in nested.items() if is_cut_off(s)})

    async def _settle_all(self, stacks: Mapping[Any, dict[str, Any]]) -> list[str]:
        sentences: list[str] = []
        tasks = [asyncio.create_task(self._settle(key, stack, sentences)) for key, stack in stacks.items()]
        if tasks:
            _, slow = await asyncio.wait(tasks, timeout=_SECONDS)
            sentences += (
                [f"{len(slow)} of the interrupted operations take longer and continue now."] if slow else []
            )
        return sentences

    async def _settle(self, key: tuple[str, str, str], stack: dict[str, Any], sentences: list[str]) -> None:
        account, region, name = key
        self._context.set_request_account_id(account)
        self._context.set_request_region(region)
        status = stack["StackStatus"]
        try:
            await self._end(name, stack)
        except Exception as error:
            _log.exception("The operation of stack %s cannot be settled", name)
            self._fail(name, stack, f"{INTERRUPTED}; {error}")
        stack.pop(OPERATION, None)
        where = f"{name} ({account}, {region})"
        sentences.append(f"Stack {where} was interrupted in {status}; it is {stack['StackStatus']} now.")

    async def _end(self, name: str, stack: dict[str, Any]) -> None:
        operation = stack.get(OPERATION)
        progress = self._journal.progress(stack["StackId"])
        if stack.get("ParentId"):
            await self._end_nested(name, stack)
        elif operation is None:
            self._fail(name, stack, INTERRUPTED)
        elif operation.get("delete"):
            await self._delete_again(name, stack.get("_resources", {}), progress)
            self._fail(name, stack, INTERRUPTED)
        else:
            await self._undo(name, stack, operation, progress)

    async def _end_nested(self, name: str, stack: dict[str, Any]) -> None:
        """Its parent is settled. It does not know a nested stack of its creation, but needs the others."""
        if stack["StackStatus"].startswith(("CREATE", "DELETE")):
            stack.setdefault("_resources", {}).update(self._journal.progress(stack["StackId"]).made)
            await self._engine._delete_stack_async(name, stack["StackId"])
        else:
            self._fail(name, stack, INTERRUPTED)

    async def _undo(
        self, name: str, stack: dict[str, Any], operation: dict[str, Any], progress: Progress
    ) -> None:
        before = (operation.get("previous_stack") or {}).get("_resources", {})
        stack.setdefault("_resources", {}).update(progress.made)
        if any(resource["PhysicalResourceId"] in progress.deleted for resource in before.values()):
            await self._delete_again(name, before, progress)
            await self._complete(name, stack, operation)
            return
        for logical_id, resource in progress.begun.items():
            self._event(stack, logical_id, resource["ResourceType"], f"{_verb(operation)}_FAILED")
        await self._roll_back(
            name, stack["StackId"], stack, _with(operation, progress, before), reason_override=INTERRUPTED
        )

    async def _delete_again(
        self, name: str, resources: dict[str, dict[str, Any]], progress: Progress
    ) -> None:
        """Delete resources again that reappeared because their service was not saved after the deletion.

        Resources that a function deleted cannot reappear: each of the function's own requests was saved.
        """
        for logical_id, found in list(resources.items()):
            type_name, physical_id = found["ResourceType"], found["PhysicalResourceId"]
            if physical_id not in progress.deleted:
                continue
            if not type_name.startswith(_CUSTOM):
                await asyncio.to_thread(
                    self._delete, type_name, physical_id, found["Properties"], name, logical_id
                )
            del resources[logical_id]

    def _delete(self, *resource: Any) -> None:
        try:
            self._engine._delete_resource(*resource)
        except Exception as error:
            _log.warning("Deleting %s again: %s", resource[1], error)

    def _complete(
        self, name: str, stack: dict[str, Any], operation: Mapping[str, Any]
    ) -> Coroutine[Any, Any, None]:
        """Run the same update again; only deletions are left to do."""
        reached = {**operation["previous_stack"], "_resources": copy.deepcopy(stack["_resources"])}
        running: Coroutine[Any, Any, None] = self._engine._deploy_stack_async(
            name,
            stack["StackId"],
            operation["template"],
            operation["param_values"],
            False,
            stack.get("Tags") or [],
            True,
            reached,
        )
        return running

    def _fail(self, name: str, stack: dict[str, Any], reason: str) -> None:
        operation = str(stack["StackStatus"]).partition("_")[0]
        stack["StackStatus"], stack["StackStatusReason"] = _FAILED[operation], reason
        self._event(stack, name, _TYPE, stack["StackStatus"], reason=reason)

    def _event(
        self,
        stack: Mapping[str, Any],
        logical_id: str,
        type_name: str,
        status: str,
        reason: str = INTERRUPTED,
    ) -> None:
        physical_id = stack["StackId"] if type_name == _TYPE else ""
        name = stack["StackName"]
        self._add_event(stack["StackId"], name, logical_id, type_name, status, reason, physical_id)

    def _fail_change_sets(self) -> None:
        for change_set in self._module._change_sets._data.values():
            if change_set.get("ExecutionStatus") == "EXECUTE_IN_PROGRESS":
                change_set["ExecutionStatus"] = "EXECUTE_FAILED"


def is_cut_off(stack: Mapping[str, Any]) -> bool:
    status = str(stack["StackStatus"])
    return status.endswith("_IN_PROGRESS") and status != _RESTING


def _verb(operation: Mapping[str, Any]) -> str:
    return "UPDATE" if operation["is_update"] else "CREATE"


def _with(operation: dict[str, Any], progress: Progress, before: Mapping[str, Any]) -> dict[str, Any]:
    """The data that the engine would have had when the operation failed."""
    replaced = [
        logical_id
        for logical_id, resource in progress.made.items()
        if logical_id in before and before[logical_id]["PhysicalResourceId"] != resource["PhysicalResourceId"]
    ]
    begun = next(((key, found) for key, found in progress.begun.items() if key in before), None)
    return {
        **operation,
        "created": list(progress.made),
        "replaced_ids": replaced,
        "failed_logical_id": next(iter(progress.begun), None),
        "failed_update": _half_done(*begun, before[begun[0]]) if begun else None,
    }


def _half_done(logical_id: str, begun: Mapping[str, Any], before: Mapping[str, Any]) -> list[Any]:
    return [
        logical_id,
        before["ResourceType"],
        before["PhysicalResourceId"],
        begun["Properties"],
        before["Properties"],
        before.get("Attributes"),
    ]
