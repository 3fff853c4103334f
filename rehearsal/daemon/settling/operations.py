"""Makes CloudFormation's engine record what it does, so that the next daemon can roll it back.

Each operation stores what a roll-back needs in its stack, under `_operation`. That is saved before the
response that the operation has started, and removed when it has ended. Each resource goes to the journal.
"""

import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from rehearsal.daemon.settling.journal import Journal
from rehearsal.emulator.guards import Guard

OPERATION = "_operation"
_DEPLOY = (
    "stack_name", "stack_id", "template", "param_values", "disable_rollback", "tags", "is_update",
    "previous_stack", "retain_except_on_create", "imports",
)  # fmt: skip


def record(journal: Journal) -> None:
    Operations(journal, Guard("stack operations that are cut off")).apply()


class Operations:
    def __init__(self, journal: Journal, guard: Guard) -> None:
        self._journal, self._guard = journal, guard
        package = "ministack.services.cloudformation"
        self._stacks = guard.attribute(guard.module(package), "_stacks")
        self._modules = [
            guard.module(f"{package}.{name}") for name in ("stacks", "handlers", "changesets", "provisioners")
        ]
        self._engine = self._modules[0]
        self._outline = guard.function(self._engine, "_failed_operation", ("is_update", "previous_stack"))
        self._seed = guard.attribute(self._engine, "_NAME_SEED")
        self._now = guard.function(guard.module("ministack.core.responses"), "now_iso", ())

    def apply(self) -> None:
        self._replace("_deploy_stack_async", _DEPLOY, self._deploying)
        self._replace("_delete_stack_async", ("stack_name", "stack_id"), self._deleting)
        self._replace("_roll_back_operation", (*_DEPLOY[:2], "stack", "operation"), self._rolling_back)
        created = ("resource_type", "logical_id", "props", "stack_name")
        self._replace("_provision_resource", created, self._creating)
        updated = ("resource_type", "physical_id", "old_props", "new_props", "stack_name", "logical_id")
        self._replace("_update_resource", updated, self._updating)
        removed = ("resource_type", "physical_id", "props", "stack_name", "logical_id")
        self._replace("_delete_resource", removed, self._removing)

    def _replace(
        self, name: str, parameters: tuple[str, ...], wrap: Callable[[Callable[..., Any]], Callable[..., Any]]
    ) -> None:
        """Replace the function in every module that imported it."""
        native = self._guard.function(self._engine, name, parameters)
        replaced = functools.wraps(native)(wrap(native))
        for module in self._modules:
            if hasattr(module, name):
                self._guard.that(getattr(module, name) is native, f"{module.__name__} has another {name}")
                setattr(module, name, replaced)

    def _deploying(self, native: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        def deploy(
            stack_name: str,
            stack_id: str,
            template: Mapping[str, Any],
            param_values: Mapping[str, Any],
            disable_rollback: bool,
            tags: list[Any],
            is_update: bool = False,
            previous_stack: Mapping[str, Any] | None = None,
            retain_except_on_create: bool = False,
            imports: Mapping[str, Any] | None = None,
        ) -> Awaitable[None]:
            stack = self._stacks[stack_name]
            before = (previous_stack or {}).get("Tags")
            operation = self._outline(
                is_update, previous_stack, [], None, None, [], False, template, param_values,
                retain_except_on_create, stack.get("Tags"), before, imports,
            )  # fmt: skip
            running = native(
                stack_name, stack_id, template, param_values, disable_rollback, tags, is_update,
                previous_stack, retain_except_on_create, imports,
            )  # fmt: skip
            return self._begun(stack, operation, running)

        return deploy

    def _deleting(self, native: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        def delete(stack_name: str, stack_id: str, *rest: Any, **more: Any) -> Awaitable[None]:
            stack = self._stacks.get(stack_name, {})
            stack["StackStatus"] = "DELETE_IN_PROGRESS"  # set before the response, not when the task starts
            return self._begun(stack, {"delete": True}, native(stack_name, stack_id, *rest, **more))

        return delete

    def _rolling_back(self, native: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        """Only for `RollbackStack`; a roll-back after a failure belongs to the operation that failed."""

        def roll_back(
            stack_name: str, stack_id: str, stack: dict[str, Any], operation: Any, *rest: Any, **more: Any
        ) -> Awaitable[None]:
            running = native(stack_name, stack_id, stack, operation, *rest, **more)
            return running if OPERATION in stack else self._begun(stack, operation, running)

        return roll_back

    def _begun(self, stack: dict[str, Any], operation: Any, running: Awaitable[None]) -> Awaitable[None]:
        """Record the operation before the response that it has started; remove it only at its regular end."""
        stack[OPERATION] = operation
        if stack_id := stack.get("StackId"):
            self._journal.begin(stack_id)

        async def until_its_end() -> None:
            await running
            stack.pop(OPERATION, None)

        return until_its_end()

    def _creating(self, native: Callable[..., Any]) -> Callable[..., Any]:
        def create(resource_type: str, logical_id: str, props: Any, stack_name: str) -> Any:
            return self._making(
                lambda: native(resource_type, logical_id, props, stack_name),
                stack_name,
                {"LogicalResourceId": logical_id, "ResourceType": resource_type, "Properties": props},
                "CREATE_COMPLETE",
            )

        return create

    def _updating(self, native: Callable[..., Any]) -> Callable[..., Any]:
        def update(
            resource_type: str,
            physical_id: str,
            old_props: Any,
            new_props: Any,
            stack_name: str,
            logical_id: str | None = None,
            old_attrs: Any = None,
        ) -> Any:
            return self._making(
                lambda: native(
                    resource_type, physical_id, old_props, new_props, stack_name, logical_id, old_attrs
                ),
                stack_name,
                {
                    "LogicalResourceId": logical_id or physical_id,
                    "ResourceType": resource_type,
                    "Properties": new_props,
                    "PhysicalResourceId": physical_id,
                },
                "UPDATE_COMPLETE",
            )

        return update

    def _making(self, make: Callable[[], Any], stack_name: str, resource: dict[str, Any], status: str) -> Any:
        stack_id, logical_id = self._id(stack_name), resource["LogicalResourceId"]
        self._journal.note(stack_id, "begun", logical_id=logical_id, resource=resource)
        try:
            physical_id, attributes = make()
        except BaseException:
            self._journal.note(stack_id, "failed", logical_id=logical_id)
            raise
        made = {
            **resource,
            "PhysicalResourceId": physical_id,
            "Attributes": attributes,
            "ResourceStatus": status,
            "Timestamp": self._now(),
            "_name_seed": self._seed.get(),
        }
        self._journal.note(stack_id, "made", logical_id=logical_id, resource=made)
        return physical_id, attributes

    def _removing(self, native: Callable[..., Any]) -> Callable[..., Any]:
        def remove(
            resource_type: str,
            physical_id: str,
            props: Any,
            stack_name: str | None = None,
            logical_id: str | None = None,
        ) -> None:
            native(resource_type, physical_id, props, stack_name, logical_id)
            stack_id = self._id(stack_name or "")
            self._journal.note(stack_id, "deleted", logical_id=logical_id, physical_id=physical_id)

        return remove

    def _id(self, stack_name: str) -> str:
        return str(self._stacks.get(stack_name, {}).get("StackId", stack_name))
