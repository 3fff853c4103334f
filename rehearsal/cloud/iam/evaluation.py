"""Decides one need with a principal's policies when the request is only partly known.

A condition on a key that the request does not determine makes its statement uncertain. An uncertain statement
never denies, because AWS may allow the call. The result names the unknown keys.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from rehearsal.cloud.iam.needs import Need
from rehearsal.emulator.guards import Guard


@dataclass(frozen=True, kw_only=True)
class _Matching:
    """ministack's comparison functions, imported late because ministack reads its environment at import."""

    parse: Callable[..., Any]
    action: Callable[..., Any]
    resource: Callable[..., Any]
    condition: Callable[..., Any]


@cache
def matching() -> _Matching:
    guard = Guard("evaluation of policies")
    evaluator = guard.module("ministack.core.iam_evaluator")
    return _Matching(
        parse=guard.function(evaluator, "parse_policy_document", ("doc",)),
        action=guard.function(evaluator, "_action_matches", ("request_action", "actions", "not_actions")),
        resource=guard.function(
            evaluator, "_resource_matches", ("resource_arn", "resources", "not_resources")
        ),
        condition=guard.function(
            evaluator, "_evaluate_single_condition", ("operator", "actual", "expected_values")
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Policy:
    name: str
    statements: Sequence[Any]

    @classmethod
    def of(cls, name: str, document: str | Mapping[str, Any] | None) -> "Policy":
        """Parse the document; a missing or invalid one grants nothing, as in the emulator."""
        return cls(name=name, statements=matching().parse(document or {}))


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Policies of one kind: one of them must allow, and so must one of every other layer."""

    kind: str
    """As AWS names it: `identity-based policy`, `permissions boundary`, `session policy`."""
    policies: tuple[Policy, ...]


@dataclass(frozen=True, kw_only=True)
class Principal:
    arn: str
    account: str
    layers: tuple[Layer, ...]
    keys: Mapping[str, Any] = field(default_factory=dict)
    """Condition keys that describe the principal, in lower case."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    allowed: bool
    layer: Layer | None = None
    """The layer that denied."""
    policy: str = ""
    """The policy with the statement that denies; empty if no statement allows."""
    sid: str = ""
    unknown: frozenset[str] = frozenset()
    """Unknown condition keys that could change the verdict."""


@dataclass(frozen=True)
class _Match:
    holds: bool
    unknown: frozenset[str] = frozenset()


def decide(principal: Principal, need: Need, *, region: str) -> Verdict:
    keys = {**_global_keys(principal, region), **principal.keys, **need.context}
    unknown: frozenset[str] = frozenset()
    for layer, policy, statement in _statements(principal, "Deny"):
        match = _applies(statement, need, keys, doubtful=False)
        if match.holds and not match.unknown:
            return Verdict(allowed=False, layer=layer, policy=policy.name, sid=statement.sid)
        unknown |= match.unknown if match.holds else frozenset()
    for layer in principal.layers:
        matches = [
            _applies(statement, need, keys, doubtful=True)
            for policy in layer.policies
            for statement in policy.statements
            if statement.effect == "Allow"
        ]
        held = [match.unknown for match in matches if match.holds]
        if not held:
            return Verdict(allowed=False, layer=layer)
        unknown |= min(held, key=len)
    return Verdict(allowed=True, unknown=unknown)


def _statements(principal: Principal, effect: str) -> Iterator[tuple[Layer, Policy, Any]]:
    for layer in principal.layers:
        for policy in layer.policies:
            yield from ((layer, policy, found) for found in policy.statements if found.effect == effect)


def _applies(statement: Any, need: Need, keys: Mapping[str, Any], *, doubtful: bool) -> _Match:
    """`doubtful`: whether an unknown resource counts as matching the statement."""
    if not matching().action(need.action, statement.actions, statement.not_actions):
        return _Match(holds=False)
    if not _names_resource(statement, need.resource, doubtful=doubtful):
        return _Match(holds=False)
    unknown: set[str] = set()
    for operator, conditions in (statement.conditions or {}).items():
        for key, expected in conditions.items():
            if key.lower() not in keys and not _absent(key.lower(), keys):
                unknown.add(key)
            elif not matching().condition(operator, keys.get(key.lower()), _listed(expected)):
                return _Match(holds=False)
    return _Match(holds=True, unknown=frozenset(unknown))


def _names_resource(statement: Any, resource: str | None, *, doubtful: bool) -> bool:
    if resource is None:
        return doubtful or "*" in statement.resources
    return bool(matching().resource(resource, statement.resources, statement.not_resources))


def _absent(key: str, keys: Mapping[str, Any]) -> bool:
    """A tag that is neither the request's nor the principal's is known to be absent."""
    return (key.startswith("aws:requesttag/") and "aws:tagkeys" in keys) or (
        key.startswith("aws:principaltag/") and "aws:userid" in keys
    )


def _global_keys(principal: Principal, region: str) -> Mapping[str, Any]:
    return {
        "aws:principalarn": principal.arn,
        "aws:principalaccount": principal.account,
        "aws:requestedregion": region,
        "aws:securetransport": "true",
        "aws:principalisawsservice": "false",
    }


def _listed(expected: Any) -> list[str]:
    return [str(item) for item in expected] if isinstance(expected, list) else [str(expected)]
