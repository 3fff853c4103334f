"""A synthesised cloud assembly, as far as a rehearsal needs to know it before anything is deployed."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.conductor.problems import Problem

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
        with _reading(self.folder):
            return {_environment(stack["environment"]) for _, stack in self._stacks(nested=True)}

    def pipeline_stacks(self) -> list[PipelineStack]:
        with _reading(self.folder):
            return list(self._with_pipelines())

    def _with_pipelines(self) -> Iterator[PipelineStack]:
        for folder, stack in self._stacks(nested=False):
            template = json.loads((folder / stack["properties"]["templateFile"]).read_text())
            pipelines = [r for r in template.get("Resources", {}).values() if r["Type"] == PIPELINE]
            if pipelines:
                deploys = any(map(_deploys, pipelines))
                environment = _environment(stack["environment"])
                yield PipelineStack(id=stack["displayName"], environment=environment, deploys=deploys)

    def _stacks(self, *, nested: bool) -> Iterator[tuple[Path, dict[str, Any]]]:
        folders = [self.folder, *sorted(self.folder.glob("assembly-*"))] if nested else [self.folder]
        for folder in folders:
            for name, artifact in _artifacts(folder).items():
                if artifact["type"] == "aws:cloudformation:stack":
                    yield folder, {"displayName": name, **artifact}


@contextlib.contextmanager
def _reading(folder: Path) -> Iterator[None]:
    """An app may write into its output folder, too, and other tools than the CDK write assemblies."""
    try:
        yield
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise Problem(
            f"{folder} is not an assembly as `cdk synth` writes it: {type(error).__name__}: {error}",
            remedy="run `cdk synth` in the project and look at the files that it leaves there",
        ) from error


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
