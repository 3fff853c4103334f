"""IAM statements as sets of grants, and when one grant says no more than another.

A grant is the smallest thing a statement allows: one principal, one action, one resource, under one
condition. A document is the set of its grants, so that splitting, merging, moving or reordering
statements is no change. `covers` is deliberately cautious: where it cannot tell, a grant counts as new.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from pipeline.change_report.values import Json, plain, readable, text, texts

EVERYONE = "*"
_WHO = {EVERYONE: "anyone", "AWS:*": "anyone"}
_WHAT = {"*": "everything"}


@dataclass(frozen=True, order=True)
class Grant:
    effect: str
    principal: str
    """Empty in an identity's own policy, where the principal is the identity."""
    action: str
    resource: str
    condition: str = "{}"

    @property
    def sweeping(self) -> bool:
        """Everyone, or an identity that may do everything. `*` in a resource's own policy is itself."""
        if self.principal:
            return self.principal in (EVERYONE, "AWS:*") and self.condition == "{}"
        everything = self.action == "*" or self.action.endswith(":*")
        return self.action == "*" or (everything and self.resource == "*")


def grants(document: Json) -> frozenset[Grant]:
    """Every grant of a policy document; a document written as JSON text is read as well."""
    parsed = _parsed(document)
    statements = parsed.get("Statement", []) if isinstance(parsed, Mapping) else []
    listed = statements if isinstance(statements, list) else [statements]
    return frozenset(grant for item in listed if isinstance(item, Mapping) for grant in _expand(item))


def covers(wider: Grant, narrower: Grant) -> bool:
    return (
        wider.effect == narrower.effect
        and _matches(wider.principal, narrower.principal)
        and _matches(wider.action.lower(), narrower.action.lower())
        and _matches(wider.resource, narrower.resource)
        and _condition_covers(json.loads(wider.condition), json.loads(narrower.condition))
    )


def uncovered(candidates: Iterable[Grant], known: Iterable[Grant]) -> frozenset[Grant]:
    """The candidates that nothing known already says."""
    known = frozenset(known)
    return frozenset(
        grant for grant in candidates if grant not in known and not any(covers(old, grant) for old in known)
    )


def sentences(found: Iterable[Grant]) -> Iterator[tuple[str, bool]]:
    """Grants in words, actions on the same thing in one sentence, with whether it is sweeping."""
    groups: dict[tuple[str, str, str, str], list[Grant]] = {}
    for grant in sorted(found):
        groups.setdefault((grant.effect, grant.principal, grant.resource, grant.condition), []).append(grant)
    for members in groups.values():
        yield _sentence(members), any(grant.sweeping and grant.effect == "Allow" for grant in members)


def _parsed(document: Json) -> Any:
    if isinstance(document, str) and document.lstrip().startswith("{"):
        try:
            return json.loads(document)
        except ValueError:
            return {}
    return document


def _expand(statement: Mapping[str, Json]) -> Iterator[Grant]:
    effect = text(statement.get("Effect", "Allow"))
    condition = json.dumps(_condition(statement.get("Condition", {})), sort_keys=True)
    parts = product(
        _principals(statement), _either(statement, "Action", ""), _either(statement, "Resource", "")
    )
    for principal, action, resource in parts:
        yield Grant(effect, principal, action, resource, condition)


def _either(statement: Mapping[str, Json], key: str, absent: str) -> tuple[str, ...]:
    if key in statement:
        return texts(statement[key])
    excluded = texts(statement.get(f"Not{key}"))
    return (f"everything but {', '.join(sorted(excluded))}",) if excluded else (absent,)


def _principals(statement: Mapping[str, Json]) -> tuple[str, ...]:
    if "NotPrincipal" in statement:
        return (f"everyone but {text(statement['NotPrincipal'])}",)
    principal = statement.get("Principal", "")
    if not isinstance(principal, Mapping) or isinstance(readable(principal), str):
        return texts(principal)
    return tuple(f"{kind}:{name}" for kind, names in principal.items() for name in texts(names))


def _condition(condition: Json) -> dict[str, dict[str, list[str]]]:
    if not isinstance(condition, Mapping):
        return {}
    return {
        operator: {key: sorted(texts(value)) for key, value in sorted(tests.items())}
        for operator, tests in sorted(condition.items())
        if isinstance(tests, Mapping)
    }


def _matches(pattern: str, value: str) -> bool:
    if pattern == value:
        return True
    if pattern.startswith("everything but"):
        return False
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value) is not None


def _condition_covers(wider: Mapping[str, Any], narrower: Mapping[str, Any]) -> bool:
    """Every test of the wider condition is made by the narrower one, at least as strictly."""
    return all(
        key in narrower.get(operator, {}) and _at_least_as_strict(operator, values, narrower[operator][key])
        for operator, tests in wider.items()
        for key, values in tests.items()
    )


def _at_least_as_strict(operator: str, wider: list[str], narrower: list[str]) -> bool:
    if wider == narrower:
        return True
    if "Not" in operator:
        return set(wider) <= set(narrower)
    comparable = operator.startswith(("String", "Arn", "ForAnyValue:String", "IpAddress"))
    return comparable and set(narrower) <= set(wider)


def _sentence(members: list[Grant]) -> str:
    first = members[0]
    who = f"{_WHO.get(first.principal, first.principal)} " if first.principal else ""
    verb = "may" if first.effect == "Allow" else "must not"
    actions = {"do everything" if grant.action == "*" else grant.action for grant in members}
    what = f" on {_WHAT.get(first.resource, first.resource)}" if first.resource else ""
    return plain(f"{who}{verb} {', '.join(sorted(actions))}{what}{_when(first.condition)}")


def _when(condition: str) -> str:
    tests = json.loads(condition)
    if not tests:
        return ""
    written = [
        f"{key} {operator} {' or '.join(values)}"
        for operator, keys in tests.items()
        for key, values in keys.items()
    ]
    return " when " + " and ".join(written)
