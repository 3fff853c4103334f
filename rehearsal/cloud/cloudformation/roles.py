"""Reads the role of a stack from requests, which ministack ignores.

`iam:PassRole` on it is checked with the other passed roles (`iam/passed_roles.py`).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.cloud.cloudformation.permissions.acting import ROLE, SESSION, Acting, acting
from rehearsal.cloud.iam.principals import Principals
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard

Parameters = Mapping[str, Any]
Handler = Callable[[Parameters], Any]
_CHANGE_SET = re.compile(rb"<Id>(?P<id>[^<]+)</Id>")
_SERVICE = "cloudformation.amazonaws.com"
_KEPT_AT_ONCE = ("CreateStack", "UpdateStack", "DeleteStack", "ContinueUpdateRollback", "RollbackStack")


def apply(cloud: Cloud) -> None:
    if cloud.enforces_iam:
        _StackRoles(Guard("roles of stacks")).take_part()


class _StackRoles:
    def __init__(self, guard: Guard) -> None:
        self._handlers = guard.module("ministack.services.cloudformation.handlers")
        self._helpers = guard.module("ministack.services.cloudformation.helpers")
        self._change_sets = guard.module("ministack.services.cloudformation.changesets")
        self._cloudformation = guard.module("ministack.services.cloudformation")
        self._evaluator = guard.module("ministack.core.iam_evaluator")
        self._context = guard.module("ministack.core.responses")
        self._principals = Principals(guard)
        self._table = guard.attribute(self._handlers, "_ACTION_HANDLERS")
        self._resolve = guard.function(self._handlers, "_resolve_stack", ("stack_name",))
        self._find = guard.function(self._change_sets, "_find_change_set", ("cs_name", "stack_name"))
        self._caller = guard.attribute(self._evaluator, "_verified_key")
        guard.function(self._evaluator, "evaluate_resource_policy", ("doc", "ctx"))
        guard.attribute(self._evaluator, "EvalContext")
        for name in (*_KEPT_AT_ONCE, "CreateChangeSet", "ExecuteChangeSet", "CancelUpdateStack"):
            guard.that(name in self._table, f"it has no operation {name}")

    def take_part(self) -> None:
        for name in _KEPT_AT_ONCE:
            self._table[name] = self._with_stack(self._table[name], is_new=name == "CreateStack")
        self._table["CreateChangeSet"] = self._with_new_change_set(self._table["CreateChangeSet"])
        self._table["ExecuteChangeSet"] = self._with_change_set(self._table["ExecuteChangeSet"])

    def _with_stack(self, native: Handler, *, is_new: bool) -> Handler:
        def handle(params: Parameters) -> Any:
            given = self._text(params, "RoleARN")
            if given and (problem := self._problem(given, params)):
                return problem
            # A new stack with the name of a deleted one does not inherit its role.
            role = given or ("" if is_new else self._kept(self._stack(params)))
            with acting(self._acting(role)):
                answer = native(params)
            self._keep(self._stack(params), given, answer)
            return answer

        return handle

    def _with_new_change_set(self, native: Handler) -> Handler:
        def handle(params: Parameters) -> Any:
            given = self._text(params, "RoleARN")
            if given and (problem := self._problem(given, params)):
                return problem
            answer = native(params)
            made = _CHANGE_SET.search(answer[2]) if answer[0] == 200 else None
            if made:
                self._keep(self._cloudformation._change_sets.get(made["id"].decode()), given, answer)
            return answer

        return handle

    def _with_change_set(self, native: Handler) -> Handler:
        def handle(params: Parameters) -> Any:
            change_set = self._change_set(params)
            given = self._kept(change_set)
            stack = self._cloudformation._stacks.get((change_set or {}).get("StackName", ""))
            with acting(self._acting(given or self._kept(stack))):
                answer = native(params)
            self._keep(stack, given, answer)
            return answer

        return handle

    def _acting(self, role: str) -> Acting | None:
        if role:
            return Acting(find=lambda: self._principals.role(role, session=SESSION))
        access_key = self._caller.get()
        if not access_key:
            return None
        # The caller's session may end before the operation does, so the caller is resolved now.
        caller = self._principals.of_key(access_key, self._context.get_account_id())
        return Acting(find=lambda: caller) if caller else None

    def _problem(self, role: str, params: Parameters) -> Any:
        """AWS's error for a role that CloudFormation cannot assume."""
        if self._trusts(self._principals.trust_policy(role), self._text(params, "StackName")):
            return None
        return self._helpers._error("ValidationError", f"Role {role} is invalid or cannot be assumed")

    def _trusts(self, document: Any, stack: str) -> bool:
        account, region = self._context.get_account_id(), self._context.get_region()
        arn = (
            stack
            if stack.startswith("arn:")
            else f"arn:aws:cloudformation:{region}:{account}:stack/{stack}/*"
        )
        request = self._evaluator.EvalContext(
            principal_arn=_SERVICE,
            principal_type="AWSService",
            principal_account="",
            action="sts:AssumeRole",
            resource_arn="*",
            region=region,
            service_context={"aws:sourceaccount": account, "aws:sourcearn": arn},
        )
        decided = self._evaluator.evaluate_resource_policy(document, request, _SERVICE)
        return bool(decided.decision == "Allow")

    def _stack(self, params: Parameters) -> Any:
        name = self._text(params, "StackName")
        return self._resolve(name) if name else None

    def _change_set(self, params: Parameters) -> Any:
        found = self._find(self._text(params, "ChangeSetName"), self._text(params, "StackName"))
        return found[1]

    def _text(self, params: Parameters, name: str) -> str:
        return str(self._helpers._p(params, name) or "")

    def _kept(self, record: Any) -> str:
        return str((record or {}).get(ROLE, ""))

    def _keep(self, record: Any, role: str, answer: Any) -> None:
        if record is not None and role and answer[0] == 200:
            record[ROLE] = role
