"""Checks the permissions of a resource's handler before CloudFormation creates, updates or deletes it.

The permissions are those of the stack's role, or of the caller if it has none (`permissions/acting.py`). A
denial fails the resource with AWS's message, and the stack rolls back.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from rehearsal.cloud.cloudformation.permissions import catalogue
from rehearsal.cloud.cloudformation.permissions.acting import who_acts
from rehearsal.cloud.cloudformation.permissions.arns import Place
from rehearsal.cloud.cloudformation.permissions.catalogue import Operation
from rehearsal.cloud.cloudformation.permissions.requirements import ResourceOperation, needs
from rehearsal.cloud.cloudformation.permissions.unknowns import Unknowns
from rehearsal.cloud.iam.evaluation import Principal
from rehearsal.cloud.iam.judge import Judge
from rehearsal.cloud.iam.needs import Need
from rehearsal.cloud.iam.principals import Principals
from rehearsal.cloud.iam.wording import denial, remedy
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard

Properties = dict[str, Any]
_updating: ContextVar[tuple[str, str]] = ContextVar("updating", default=("", ""))
"""Type and logical id of a resource whose update was checked; the handler may update it by a creation."""


class ResourceDeniedError(Exception):
    """The message is the status reason of the failed resource."""


def apply(cloud: Cloud) -> None:
    if cloud.enforces_iam:
        _StackResources(Guard("permissions of stacks"), Unknowns(cloud.gaps)).take_part()


class _StackResources:
    def __init__(self, guard: Guard, unknowns: Unknowns) -> None:
        self._provisioners = guard.module("ministack.services.cloudformation.provisioners")
        self._stacks = guard.module("ministack.services.cloudformation.stacks")
        self._cloudformation = guard.module("ministack.services.cloudformation")
        self._context = guard.module("ministack.core.responses")
        self._replaces = guard.function(
            self._provisioners, "_replacing_change", ("resource_type", "old_props", "new_props")
        )
        self._principals = Principals(guard)
        self._judge = Judge(guard)
        self._unknowns = unknowns
        self._guard = guard

    def take_part(self) -> None:
        self._put(
            "_provision_resource", self._creating, ("resource_type", "logical_id", "props", "stack_name")
        )
        self._put(
            "_update_resource",
            self._changing,
            ("resource_type", "physical_id", "old_props", "new_props", "stack_name", "logical_id"),
        )
        self._put(
            "_delete_resource",
            self._deleting,
            ("resource_type", "physical_id", "props", "stack_name", "logical_id"),
        )

    def _put(self, name: str, wrap: Callable[[Any], Any], parameters: tuple[str, ...]) -> None:
        native = self._guard.function(self._provisioners, name, parameters)
        used = self._guard.attribute(self._stacks, name)
        self._guard.that(used is native, f"stacks.{name} is not provisioners.{name}")
        wrapped = wrap(native)
        setattr(self._provisioners, name, wrapped)
        setattr(self._stacks, name, wrapped)

    def _creating(self, native: Callable[..., Any]) -> Callable[..., Any]:
        def provision(resource_type: str, logical_id: str, props: Properties, stack_name: str) -> Any:
            if _updating.get() != (resource_type, logical_id):
                self._check(Operation.CREATE, resource_type, stack_name, logical_id, props)
            return native(resource_type, logical_id, props, stack_name)

        return provision

    def _changing(self, native: Callable[..., Any]) -> Callable[..., Any]:
        def update(
            resource_type: str,
            physical_id: str,
            old_props: Properties,
            new_props: Properties,
            stack_name: str,
            logical_id: str | None = None,
            *rest: Any,
        ) -> Any:
            arguments = (resource_type, physical_id, old_props, new_props, stack_name, logical_id, *rest)
            # A replacement is checked as a creation.
            if old_props == new_props or self._replaces(resource_type, old_props, new_props):
                return native(*arguments)
            name = logical_id or physical_id
            self._check(Operation.UPDATE, resource_type, stack_name, name, new_props, old_props, physical_id)
            token = _updating.set((resource_type, name))
            try:
                return native(*arguments)
            finally:
                _updating.reset(token)

        return update

    def _deleting(self, native: Callable[..., Any]) -> Callable[..., Any]:
        def delete(
            resource_type: str,
            physical_id: str,
            props: Properties,
            stack_name: str | None = None,
            logical_id: str | None = None,
        ) -> None:
            name = logical_id or physical_id
            self._check(Operation.DELETE, resource_type, stack_name or "", name, props, None, physical_id)
            native(resource_type, physical_id, props, stack_name, logical_id)

        return delete

    def _check(
        self,
        operation: Operation,
        type_name: str,
        stack: str,
        logical_id: str,
        properties: Properties,
        old_properties: Properties | None = None,
        physical_id: str = "",
    ) -> None:
        principal = who_acts()
        if principal is None or type_name in catalogue.NOTHING_TO_CALL:
            return
        asked = ResourceOperation(
            operation=operation,
            type_name=type_name,
            place=self._place(stack, logical_id, properties),
            properties=properties,
            old_properties=old_properties or {},
            physical_id=physical_id,
            stack_tags=self._stack_tags(stack),
        )
        needed = needs(asked)
        if needed is None:
            self._unknowns.handler(type_name)
        for need in needed or ():
            self._require(principal, need, asked.place.region)

    def _require(self, principal: Principal, need: Need, region: str) -> None:
        verdict = self._judge.decide(principal, need, region=region)
        self._unknowns.conditions(verdict.unknown)
        if not verdict.allowed:
            message = denial(principal, need, verdict)
            raise ResourceDeniedError(
                f'Resource handler returned message: "{message}" (HandlerErrorCode: AccessDenied). '
                f"{remedy(need, verdict)}"
            )

    def _place(self, stack: str, logical_id: str, properties: Mapping[str, Any]) -> Place:
        account = self._context.get_account_id()
        roles = properties.get("Roles")
        names = [str(name) for name in roles] if isinstance(roles, list) else []
        return Place(
            account=account,
            region=self._context.get_region(),
            stack=stack,
            logical_id=logical_id,
            roles=self._principals.role_arns(names, account=account),
            boundaries=self._principals.boundaries(names, account=account),
        )

    def _stack_tags(self, stack: str) -> frozenset[str]:
        found = self._cloudformation._stacks.get(stack) or {}
        return frozenset(tag["Key"] for tag in found.get("Tags") or ())
