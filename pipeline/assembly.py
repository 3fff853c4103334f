"""Reads a synthesised assembly (`cdk.out`), nested stages included."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class AssemblyError(Exception):
    """The folder is no assembly, or not the one that was asked for."""


@dataclass(frozen=True, kw_only=True)
class AssemblyStack:
    path: str
    """`pipeline/Prod/SecondBrainNetwork`: what `npx cdk ls` prints."""
    stack_name: str
    environment: str
    """`aws://account/region`, either part `unknown-…` where the CLI's own is meant."""
    template_file: Path
    lookup_role: str | None

    @property
    def stage(self) -> str:
        """The id of the Stage that it belongs to; empty for a stack of the app itself."""
        parts = self.path.split("/")
        return parts[-2] if len(parts) > 2 else ""

    def template(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.template_file.read_text(encoding="utf-8"))
        return loaded


def stacks(folder: Path) -> tuple[AssemblyStack, ...]:
    return tuple(sorted(_stacks(folder), key=lambda stack: stack.path))


def size(folder: Path) -> int:
    """Bytes that belong to the assembly; what earlier syntheses left in the folder is not counted."""
    return sum(_weight(path) for path in set(_members(folder)))


def _members(folder: Path) -> Iterator[Path]:
    yield folder / "manifest.json"
    for artifact in _artifacts(folder).values():
        properties = artifact.get("properties", {})
        if artifact["type"] == "cdk:cloud-assembly":
            yield from _members(folder / properties["directoryName"])
        elif artifact["type"] == "cdk:asset-manifest":
            yield folder / properties["file"]
            yield from _assets(folder, folder / properties["file"])
        elif artifact["type"] == "aws:cloudformation:stack":
            yield folder / properties["templateFile"]


def _assets(folder: Path, manifest: Path) -> Iterator[Path]:
    for asset in json.loads(manifest.read_text(encoding="utf-8")).get("files", {}).values():
        if "path" in asset.get("source", {}):
            yield (folder / asset["source"]["path"]).resolve()


def _weight(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _stacks(folder: Path) -> Iterator[AssemblyStack]:
    for artifact_id, artifact in _artifacts(folder).items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "cdk:cloud-assembly":
            yield from _stacks(folder / properties["directoryName"])
        elif artifact["type"] == "aws:cloudformation:stack":
            yield AssemblyStack(
                path=artifact.get("displayName", artifact_id),
                stack_name=properties.get("stackName", artifact_id),
                environment=artifact.get("environment", ""),
                template_file=folder / properties["templateFile"],
                lookup_role=properties.get("lookupRole", {}).get("arn"),
            )


def _artifacts(folder: Path) -> Mapping[str, Any]:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AssemblyError(
            f"{folder} holds no manifest.json; make one with `npx cdk synth -q -o {folder}`"
        ) from None
    artifacts: Mapping[str, Any] = manifest["artifacts"]
    return artifacts
