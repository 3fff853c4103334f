"""The stacks of an assembly that contain pipelines, which a rehearsal deploys itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.cdk.assembly import Assembly, AssemblyError, Environment

PIPELINE = "AWS::CodePipeline::Pipeline"


@dataclass(frozen=True, kw_only=True)
class PipelineStack:
    """A top-level stack with at least one pipeline."""

    id: str
    name: str
    environment: Environment
    deploys: bool
    """Whether one of its pipelines has a deploy action; a pipeline that only checks has none."""


def pipeline_stacks(assembly: Assembly) -> list[PipelineStack]:
    try:
        return list(_found(assembly))
    except (LookupError, TypeError) as error:
        raise AssemblyError(
            f"{assembly.folder} contains a pipeline that CodePipeline would refuse: {error!r}"
        ) from error


def _found(assembly: Assembly) -> Iterator[PipelineStack]:
    for stack in assembly.stacks:
        pipelines = [] if stack.nested else [found for _, found in stack.resources(PIPELINE)]
        if pipelines:
            deploys = any(map(_deploys, pipelines))
            yield PipelineStack(id=stack.id, name=stack.name, environment=stack.environment, deploys=deploys)


def _deploys(pipeline: Mapping[str, Any]) -> bool:
    return any(
        action["ActionTypeId"]["Category"] == "Deploy"
        for stage in pipeline["Properties"]["Stages"]
        for action in stage["Actions"]
    )
