"""Every statement that allows something on `*`, with the reason why nothing narrower works.

The table of docs/security.md is written from this (`make execution-policy`). A statement that nobody has
given a reason fails.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.mistakes import DeliveryError
from pipeline import assembly
from pipeline.permissions import boundary, kept, scopes

DOCUMENT = Path(__file__).parents[2] / "docs" / "security.md"
_BEGIN, _END = "<!-- wildcards -->\n", "<!-- end of wildcards -->"
_VERB = re.compile(r"[A-Z][a-z]+")
_READS = ("Describe", "Get", "List")
_ROLES = "policies of roles"
_KEYS = "policies of keys"

REASONS: Mapping[tuple[str, str], str] = {
    (_KEYS, r"kms:.*"): "in a key's own policy `*` means this key",
    (
        _ROLES,
        r"cloudwatch:DescribeAlarms",
    ): "CloudWatch answers for composite alarms only without a resource; it reads states",
    (_ROLES, r"cloudformation:DescribeStacks|s3:ListBucket"): "the CDK writes this for `cdk deploy` in the "
    "self-mutation, which looks whether stacks and the bootstrap's bucket are there; it reads names",
    (_ROLES, r"xray:Put\w+"): "X-Ray takes traces without a resource",
    (_ROLES, r"ec2:\w*(NetworkInterface|PrivateIpAddresses|Subnets)\w*"): "Lambda makes a function's network "
    "interfaces with the function's role, and checks the permission with no interface at hand",
    (_ROLES, r"polly:SynthesizeSpeech|transcribe:Start\w+"): "speech is made and read without a resource",
}


class NoReasonError(DeliveryError):
    """Somebody allows something on `*` and does not say why."""


@dataclass(frozen=True, kw_only=True, order=True)
class Row:
    where: str
    calls: str
    reason: str


def update_document(folder: Path, document: Path = DOCUMENT) -> None:
    """Write the table of `docs/security.md` again, from an assembly and the kept policies."""
    text = document.read_text(encoding="utf-8")
    before, rest = text.split(_BEGIN)
    after = rest.split(_END)[1]
    document.write_text(f"{before}{_BEGIN}{table(folder)}{_END}{after}", encoding="utf-8")


def table(folder: Path) -> str:
    rows = sorted({*_of_roles(assembly.stacks(folder)), *_of_kept()})
    lines = [f"| {row.where} | {row.calls} | {row.reason} |\n" for row in rows]
    return "".join(["| where | calls | why on `*` |\n|---|---|---|\n", *lines])


def _of_kept() -> Iterator[Row]:
    for name in kept.names():
        policies = kept.required(name)
        for sid, statement in policies.execution.items():
            if statement.effect == "Allow" and "*" in statement.resources:
                yield Row(
                    where=f"execution policy, `{sid}`",
                    calls=_families(statement.actions),
                    reason=_scope_reason(sid),
                )
        if boundary.CEILING in policies.boundary:
            yield Row(where="boundary", calls="what roles are granted", reason=boundary.CEILING_REASON)


def _scope_reason(sid: str) -> str:
    reason = next((scope.reason for scope in scopes.SCOPES if scope.sid == sid), "")
    if not reason:
        raise NoReasonError(
            f"the execution policy allows {sid} on `*`; "
            "name its resources, or the reason, in pipeline/permissions/scopes.py"
        )
    return reason


def _of_roles(stacks: Iterable[assembly.AssemblyStack]) -> Iterator[Row]:
    for stack in stacks:
        for logical_id, resource in stack.template().get("Resources", {}).items():
            where = _KEYS if resource["Type"] == "AWS::KMS::Key" else _ROLES
            for actions in _on_everything(resource.get("Properties", {})):
                yield _row(where, actions, f"{stack.path}/{logical_id}")


def _row(where: str, actions: frozenset[str], place: str) -> Row:
    for (kind, pattern), reason in REASONS.items():
        if kind == where and all(re.fullmatch(pattern, action) for action in actions):
            return Row(where=where, calls=_families(actions), reason=reason)
    raise NoReasonError(
        f"{place} allows {', '.join(sorted(actions))} on `*`; "
        "name the resources, or the reason, in pipeline/permissions/wildcards.py"
    )


def _on_everything(value: Any) -> Iterator[frozenset[str]]:
    if isinstance(value, list):
        for item in value:
            yield from _on_everything(item)
    elif isinstance(value, dict):
        if value.get("Effect") == "Allow" and "*" in _many(value.get("Resource")):
            yield frozenset(map(str, _many(value.get("Action", value.get("NotAction")))))
        for item in value.values():
            yield from _on_everything(item)


def _families(actions: Iterable[str]) -> str:
    """Reads with the same verb of the same service as one: `ec2:Describe*`."""
    found: dict[str, set[str]] = {}
    for action in actions:
        service, _, call = action.partition(":")
        verb = _VERB.match(call)
        family = verb[0] if verb and verb[0] in _READS else call
        found.setdefault(f"{service}:{family}", set()).add(action)
    calls = (f"{family}*" if len(each) > 1 else min(each) for family, each in found.items())
    return ", ".join(f"`{call}`" for call in sorted(calls))


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
