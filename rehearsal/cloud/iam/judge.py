"""Decides one need, with the resource's own policy if it has one."""

import json
from dataclasses import replace
from typing import Any

from rehearsal.cloud.iam.evaluation import Layer, Policy, Principal, Verdict, decide, matching
from rehearsal.cloud.iam.needs import Need
from rehearsal.emulator.guards import Guard

_KEY_POLICY = "key policy"


class Judge:
    def __init__(self, guard: Guard) -> None:
        matching()
        self._evaluator = guard.module("ministack.core.iam_evaluator")
        self._policy_of = guard.function(self._evaluator, "_resource_policy", ("service", "resource_arn"))
        self._names = guard.function(self._evaluator, "_names_caller", ("principal", "caller_arn"))
        self._matches = guard.function(self._evaluator, "_principal_matches", ("principal", "caller_arn"))

    def decide(self, principal: Principal, need: Need, *, region: str) -> Verdict:
        by_identity = decide(principal, need, region=region)
        if need.resource is None or (not by_identity.allowed and by_identity.policy):
            return by_identity
        service = need.action.partition(":")[0]
        policy, _owner = self._policy_of(service, need.resource) or (None, None)
        if not policy:
            return by_identity
        if service == "kms":
            return self._with_key_policy(by_identity, principal, need, policy, region)
        if not by_identity.allowed and self._allows(policy, principal, need, region, named_only=True):
            return Verdict(allowed=True)
        return by_identity

    def _with_key_policy(
        self, by_identity: Verdict, principal: Principal, need: Need, policy: Any, region: str
    ) -> Verdict:
        """A KMS key's policy must allow even its own account, which the default policy does."""
        if by_identity.allowed and not self._allows(policy, principal, need, region):
            own = Policy.of(f"the policy of {need.resource}", policy)
            return Verdict(allowed=False, layer=Layer(kind=_KEY_POLICY, policies=(own,)))
        if self._allows(policy, principal, need, region, named_only=True):
            return Verdict(allowed=True)
        return by_identity

    def _allows(
        self, policy: Any, principal: Principal, need: Need, region: str, *, named_only: bool = False
    ) -> bool:
        """`named_only`: only by a statement that names the principal itself, not its account."""
        matches = self._names if named_only else self._matches
        document = json.loads(policy) if isinstance(policy, str) else policy
        statements = document.get("Statement", [])
        named = [
            statement
            for statement in (statements if isinstance(statements, list) else [statements])
            if matches(_of_accounts(statement.get("Principal")), principal.arn)
        ]
        layer = Layer(kind="resource-based policy", policies=(Policy.of("", {"Statement": named}),))
        return decide(replace(principal, layers=(layer,)), need, region=region).allowed


def _of_accounts(principal: Any) -> Any:
    return {"AWS": principal.get("AWS", [])} if isinstance(principal, dict) else principal
