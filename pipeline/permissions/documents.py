"""Managed policies for one account: those of its grantees merged, packed into the sizes that IAM takes."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from blocks.naming import BOUNDARY
from config.mistakes import DeliveryError
from pipeline.permissions import kept
from pipeline.permissions.generate import Policies
from pipeline.permissions.policies import Statement, merged
from pipeline.permissions.roles import EXECUTION

LONGEST = 6144
"""Characters without white space."""
ATTACHED = 10
"""Managed policies that a role may have, unless the account has asked for more."""


class TooLongError(DeliveryError):
    """The policies of an account do not fit into IAM's limits."""


def execution(grantees: Iterable[Policies]) -> dict[str, str]:
    """Documents by name."""
    statements = merged([policies.execution for policies in grantees]).values()
    packed = _packed([part for statement in statements for part in _parts(statement)])
    if len(packed) > ATTACHED:
        raise TooLongError(
            f"the execution role would need {len(packed)} managed policies and IAM attaches {ATTACHED}; "
            "deliver some environments to an account of their own"
        )
    return {f"{EXECUTION}-{number}": document for number, document in enumerate(packed, start=1)}


def boundary(grantees: Iterable[Policies]) -> dict[str, str]:
    statements = list(merged([policies.boundary for policies in grantees]).values())
    document = _document(statements)
    if len(document) > LONGEST:
        raise TooLongError(
            f"the boundary has {len(document):,} characters and a managed policy holds {LONGEST:,}; "
            "grant families of reads instead of single ones, or deliver to accounts of their own"
        )
    return {BOUNDARY: document}


def write(folder: Path, names: Iterable[str]) -> tuple[Path, ...]:
    """The files of one account, which the bootstrap hands to IAM; what an earlier call left is gone."""
    policies = [kept.required(name) for name in names]
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.json"):
        stale.unlink()
    files = []
    for name, document in {**execution(policies), **boundary(policies)}.items():
        files.append(folder / f"{name}.json")
        files[-1].write_text(document + "\n", encoding="utf-8")
    return tuple(files)


def _packed(statements: list[Statement]) -> list[str]:
    packs: list[list[Statement]] = []
    for statement in sorted(statements, key=lambda each: (-len(_document([each])), each.sid)):
        for pack in packs:
            if len(_document([*pack, statement])) <= LONGEST:
                pack.append(statement)
                break
        else:
            packs.append([statement])
    return [_document(pack) for pack in packs]


def _parts(statement: Statement) -> Iterator[Statement]:
    """A statement that is too long alone, by halves of its actions."""
    if len(_document([statement])) <= LONGEST:
        yield statement
        return
    actions = sorted(statement.actions)
    if len(actions) == 1:
        raise TooLongError(f"the resources of {statement.sid} do not fit into a managed policy")
    middle = len(actions) // 2
    for number, half in enumerate((actions[:middle], actions[middle:]), start=1):
        yield from _parts(replace(statement, sid=f"{statement.sid}{number}", actions=frozenset(half)))


def _document(statements: list[Statement]) -> str:
    whole = {"Version": "2012-10-17", "Statement": [statement.as_json() for statement in statements]}
    return json.dumps(whole, separators=(",", ":"))
