"""A synthesised cloud assembly, as far as a rehearsal needs to know it before anything is deployed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PIPELINE = "AWS::CodePipeline::Pipeline"


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Where stacks go; None stands for whatever the CLI's own account or region is."""

    account: str | None
    region: str | None

    def holds(self, *, account: str, region: str) -> bool:
        return self.account in (None, account) and self.region in (None, region)


@dataclass(frozen=True, kw_only=True)
class PipelineStack:
    """A top-level stack that holds at least one pipeline."""

    id: str
    environment: Environment
    deploys: bool
    """Whether a pipeline in it has a deploy action; one that only checks has none."""


@dataclass(frozen=True)
class Assembly:
    folder: Path

    def environments(self) -> set[Environment]:
        """Every account and region that a stack goes to, those of nested stages included."""
        return {_environment(stack["environment"]) for _, stack in self._stacks(nested=True)}

    def pipeline_stacks(self) -> list[PipelineStack]:
        found = []
        for folder, stack in self._stacks(nested=False):
            template = json.loads((folder / stack["properties"]["templateFile"]).read_text())
            pipelines = [r for r in template.get("Resources", {}).values() if r["Type"] == PIPELINE]
            if pipelines:
                deploys = any(map(_deploys, pipelines))
                environment = _environment(stack["environment"])
                found.append(PipelineStack(id=stack["displayName"], environment=environment, deploys=deploys))
        return found

    def _stacks(self, *, nested: bool) -> Iterator[tuple[Path, dict[str, Any]]]:
        folders = [self.folder, *sorted(self.folder.glob("assembly-*"))] if nested else [self.folder]
        for folder in folders:
            for name, artifact in _artifacts(folder).items():
                if artifact["type"] == "aws:cloudformation:stack":
                    yield folder, {"displayName": name, **artifact}


def _artifacts(folder: Path) -> dict[str, Any]:
    artifacts: dict[str, Any] = json.loads((folder / "manifest.json").read_text()).get("artifacts", {})
    return artifacts


def _environment(text: str) -> Environment:
    account, region = text.removeprefix("aws://").split("/")
    return Environment(
        account=None if account == "unknown-account" else account,
        region=None if region == "unknown-region" else region,
    )


def _deploys(pipeline: dict[str, Any]) -> bool:
    return any(
        action["ActionTypeId"]["Category"] == "Deploy"
        for stage in pipeline["Properties"]["Stages"]
        for action in stage["Actions"]
    )
