"""A cloud assembly, as `cdk synth` writes it: its stacks, those of nested assemblies included."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

_MALFORMED = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""Raised for JSON that differs from what the CDK writes."""


class AssemblyError(Exception):
    """The folder is not an assembly as `cdk synth` writes it."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """A stack's account and region; None means the CLI's own."""

    account: str | None
    region: str | None

    def holds(self, *, account: str, region: str) -> bool:
        return self.account in (None, account) and self.region in (None, region)


@dataclass(frozen=True, kw_only=True)
class Stack:
    id: str
    name: str
    """CloudFormation's."""
    environment: Environment
    template: Mapping[str, Any]
    nested: bool
    """Whether it is in a nested assembly, as the stacks of a Stage are."""

    def resources(self, type_name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for logical_id, resource in self.template.get("Resources", {}).items():
            if resource.get("Type") == type_name:
                yield logical_id, resource


@dataclass(frozen=True)
class Assembly:
    folder: Path

    @cached_property
    def stacks(self) -> tuple[Stack, ...]:
        """In the order of the manifests. Everything is checked: an app may write anything to this folder."""
        if not (self.folder / "manifest.json").is_file():
            raise AssemblyError(f"{self.folder} is no synthesised assembly: it has no manifest.json")
        try:
            return tuple(_stacks(self.folder, nested=False))
        except _MALFORMED as error:
            raise AssemblyError(
                f"{self.folder} is not an assembly as `cdk synth` writes it: {type(error).__name__}: {error}"
            ) from error

    def environments(self) -> set[Environment]:
        """Every account and region of the stacks."""
        return {stack.environment for stack in self.stacks}


def _stacks(folder: Path, *, nested: bool) -> Iterator[Stack]:
    artifacts: dict[str, Any] = json.loads((folder / "manifest.json").read_text()).get("artifacts", {})
    for name, artifact in artifacts.items():
        if artifact["type"] == "aws:cloudformation:stack":
            yield Stack(
                id=artifact.get("displayName", name),
                name=artifact["properties"].get("stackName", name),
                environment=_environment(artifact["environment"]),
                template=_template(folder / artifact["properties"]["templateFile"]),
                nested=nested,
            )
        elif artifact["type"] == "cdk:cloud-assembly":
            yield from _stacks(folder / artifact["properties"]["directoryName"], nested=True)


def _template(file: Path) -> Mapping[str, Any]:
    found = json.loads(file.read_text())
    if not all(isinstance(resource, dict) for resource in found.get("Resources", {}).values()):
        raise TypeError(f"a resource of {file.name} is no object")
    return found  # type: ignore[no-any-return]


def _environment(text: str) -> Environment:
    account, region = text.removeprefix("aws://").split("/")
    return Environment(
        account=account if account.isdigit() else None,
        region=None if region in ("", "unknown-region") else region,
    )
