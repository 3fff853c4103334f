"""Statements of a policy as sets, so that they can be merged and compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Condition = Mapping[str, Mapping[str, frozenset[str]]]


@dataclass(frozen=True, kw_only=True)
class Statement:
    sid: str
    actions: frozenset[str]
    resources: frozenset[str]
    effect: str = "Allow"
    condition: Condition = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        written: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": self.effect,
            "Action": sorted(self.actions),
            "Resource": sorted(self.resources),
        }
        if self.condition:
            written["Condition"] = {
                operator: {key: sorted(values) for key, values in sorted(keys.items())}
                for operator, keys in sorted(self.condition.items())
            }
        return written


Policy = Mapping[str, Statement]
"""By Sid. In all policies that are generated here a Sid means the same effect and the same condition keys."""


def policy(statements: Iterable[Statement]) -> Policy:
    return merged([{statement.sid: statement} for statement in statements])


def merged(policies: Iterable[Policy]) -> Policy:
    found: dict[str, Statement] = {}
    for one in policies:
        for sid, statement in one.items():
            found[sid] = _joined(found[sid], statement) if sid in found else statement
    return dict(sorted(found.items()))


def _joined(one: Statement, other: Statement) -> Statement:
    condition = {
        operator: {key: values | other.condition[operator][key] for key, values in keys.items()}
        for operator, keys in one.condition.items()
    }
    return Statement(
        sid=one.sid,
        effect=one.effect,
        actions=one.actions | other.actions,
        resources=one.resources | other.resources,
        condition=condition,
    )


def lacking(kept: Policy, needed: Policy) -> list[str]:
    """What `needed` has and `kept` lacks, one line each."""
    found: list[str] = []
    for sid, statement in needed.items():
        has = kept.get(sid)
        if has is None:
            found += [f"{sid}: {action}" for action in sorted(statement.actions)]
            continue
        found += [f"{sid}: {action}" for action in sorted(statement.actions - has.actions)]
        found += [f"{sid}: on {resource}" for resource in sorted(statement.resources - has.resources)]
        for operator, keys in statement.condition.items():
            for key, values in keys.items():
                missing = values - has.condition.get(operator, {}).get(key, frozenset())
                found += [f"{sid}: {key} {value}" for value in sorted(missing)]
    return found


def written(found: Policy) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement.as_json() for statement in found.values()]}


def read(document: Mapping[str, Any]) -> Policy:
    return policy(_read(statement) for statement in document["Statement"])


def _read(statement: Mapping[str, Any]) -> Statement:
    return Statement(
        sid=statement["Sid"],
        effect=statement["Effect"],
        actions=_set(statement["Action"]),
        resources=_set(statement["Resource"]),
        condition={
            operator: {key: _set(values) for key, values in keys.items()}
            for operator, keys in statement.get("Condition", {}).items()
        },
    )


def _set(value: Any) -> frozenset[str]:
    return frozenset(value) if isinstance(value, list) else frozenset({str(value)})
