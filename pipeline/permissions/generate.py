"""The policies that the templates of an assembly need, by grantee."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.delivery import Delivery
from pipeline import assembly
from pipeline.permissions import boundary, roles, scopes
from pipeline.permissions.catalogue import actions_of
from pipeline.permissions.grantees import Grantee, grantees
from pipeline.permissions.policies import Policy, policy

_ALWAYS = frozenset({"cloudformation:DescribeStacks", "s3:GetObject", "ssm:GetParameters"})
"""Values of other stacks, the code of functions, and the version of the bootstrap."""


@dataclass(frozen=True, kw_only=True)
class Policies:
    execution: Policy
    boundary: Policy


def needed(delivery: Delivery, folder: Path) -> dict[str, Policies]:
    """Only for grantees with a stack in the assembly: a build synthesises no sandbox."""
    stacks = assembly.stacks(folder)
    found: dict[str, Policies] = {}
    for grantee in grantees(delivery):
        templates = [stack.template() for stack in stacks if grantee.has(stack)]
        if templates:
            found[grantee.name] = _policies(grantee, templates)
    return found


def _policies(grantee: Grantee, templates: Sequence[Mapping[str, Any]]) -> Policies:
    actions = _ALWAYS.union(*map(_actions, templates))
    execution = [*scopes.statements(grantee, actions), *roles.statements(grantee, templates)]
    return Policies(execution=policy(execution), boundary=policy(boundary.statements(grantee, templates)))


def _actions(template: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(action for resource in _resources(template) for action in _of(resource))


def _of(resource: Mapping[str, Any]) -> frozenset[str]:
    return actions_of(resource["Type"], resource.get("Properties", {}))


def _resources(template: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return iter(template.get("Resources", {}).values())
