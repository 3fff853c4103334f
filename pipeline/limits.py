"""AWS's limits, checked on the synthesised assembly: past one the synth fails, near one it warns.

A limit met only by the deployment costs a person an hour; here it costs nothing. `survey` is pure:
folder in, findings out. `enforce` is what the app calls.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.mistakes import DeliveryError
from pipeline import assembly

NEAR = 0.8
"""From this share of a limit on, people are told how much room is left."""

Json = Any


@dataclass(frozen=True, kw_only=True)
class Limit:
    name: str
    maximum: int
    remedy: str
    unit: str = ""
    minimum: int = 0
    hard: bool = True
    """False for what AWS allows and people should still know."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One figure that is near or past its limit."""

    construct: str
    limit: Limit
    figure: int

    @property
    def is_error(self) -> bool:
        return self.limit.hard and not self.limit.minimum <= self.figure <= self.limit.maximum

    @property
    def is_worth_saying(self) -> bool:
        return self.is_error or self.figure >= self.limit.maximum * NEAR

    def __str__(self) -> str:
        share = f"{self.figure:,} of {self.limit.maximum:,}{self.limit.unit}"
        left = self.limit.maximum - self.figure
        room = f", room for {left:,} more" if not self.is_error and left > 0 else ""
        return f"{self.construct}: {self.limit.name}: {share}{room}; {self.limit.remedy}"


RESOURCES = Limit(
    name="resources in a template", maximum=500, remedy="move some resources into a stack of their own"
)
TEMPLATE_SIZE = Limit(
    name="size of a template that a pipeline deploys",
    maximum=512 * 1024,
    unit=" bytes",
    remedy="split the stack; CodePipeline's CloudFormation action takes no more",
)
STACK_TEMPLATE_SIZE = Limit(
    name="size of a template", maximum=1024 * 1024, unit=" bytes", remedy="split the stack"
)
ASSEMBLY_SIZE = Limit(
    name="size of the synthesised assembly as an artifact",
    maximum=256 * 1024 * 1024,
    unit=" bytes",
    remedy="make the assets smaller; CloudFormation actions read no larger artifact",
)
STAGES = Limit(name="stages of a pipeline", maximum=50, remedy="deliver fewer environments with one pipeline")
ACTIONS_PER_STAGE = Limit(
    name="actions in a stage", maximum=100, remedy="deliver fewer stacks to the environment with one pipeline"
)
ACTIONS_TOGETHER = Limit(
    name="actions that CDK puts into one stage before it splits it",
    maximum=50,
    hard=False,
    remedy="a split environment rolls back only its failed part; merge stacks or use a second pipeline",
)
ACTIONS_PER_PIPELINE = Limit(
    name="actions of a pipeline", maximum=1000, remedy="deliver some applications with a second pipeline"
)
RUN_ORDER = Limit(
    name="run order of an action", maximum=999, remedy="shorten the chain of stacks that wait for each other"
)
INLINE_BUILD_SPEC = Limit(
    name="length of an inline build specification",
    maximum=25_600,
    unit=" characters",
    remedy="move commands into a script under pipeline/steps/",
)
APPROVAL_TIMEOUT = Limit(
    name="minutes that an approval waits",
    minimum=5,
    maximum=60 * 24 * 60,
    remedy="let it wait between 5 minutes and 60 days",
)


class LimitError(DeliveryError):
    """One line for each limit that is passed."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(f"past a limit of AWS: {finding}" for finding in findings))


def enforce(folder: Path, *, warn: Callable[[str], object] = sys.stderr.write) -> None:
    """Warn of what is near a limit; raise a LimitError for what is past one."""
    findings = list(survey(folder))
    for finding in findings:
        if not finding.is_error:
            warn(f"near a limit of AWS: {finding}\n")
    errors = [finding for finding in findings if finding.is_error]
    if errors:
        raise LimitError(errors)


def survey(folder: Path) -> Iterator[Finding]:
    """Every figure of the assembly that is near or past its limit."""
    return (finding for finding in _figures(folder) if finding.is_worth_saying)


def _figures(folder: Path) -> Iterator[Finding]:
    yield Finding(construct=folder.name, limit=ASSEMBLY_SIZE, figure=assembly.size(folder))
    for stack in assembly.stacks(folder):
        limit = TEMPLATE_SIZE if stack.stage else STACK_TEMPLATE_SIZE
        yield Finding(construct=stack.path, limit=limit, figure=stack.template_file.stat().st_size)
        yield from _template(stack.path, stack.template())


def _template(name: str, template: Mapping[str, Json]) -> Iterator[Finding]:
    resources: Mapping[str, Json] = template.get("Resources", {})
    yield Finding(construct=name, limit=RESOURCES, figure=len(resources))
    for logical_id, resource in resources.items():
        where = f"{name}/{logical_id}"
        properties = resource.get("Properties", {})
        match resource.get("Type"):
            case "AWS::CodePipeline::Pipeline":
                yield from _pipeline(where, properties)
            case "AWS::CodeBuild::Project":
                yield from _project(where, properties)


def _pipeline(where: str, properties: Mapping[str, Json]) -> Iterator[Finding]:
    stages = properties.get("Stages", [])
    yield Finding(construct=where, limit=STAGES, figure=len(stages))
    actions = sum(len(stage.get("Actions", [])) for stage in stages)
    yield Finding(construct=where, limit=ACTIONS_PER_PIPELINE, figure=actions)
    yield from _split_stages(where, stages)
    for stage in stages:
        yield from _stage(f"{where}/{stage['Name']}", stage.get("Actions", []))


def _split_stages(where: str, stages: list[Json]) -> Iterator[Finding]:
    """CDK has split `Dev` into `Dev.1`, `Dev.2`, …: allowed, and worth knowing."""
    parts: dict[str, int] = {}
    for stage in stages:
        name, dot, _ = stage["Name"].partition(".")
        if dot:
            parts[name] = parts.get(name, 0) + len(stage.get("Actions", []))
    for name, count in parts.items():
        yield Finding(construct=f"{where}/{name}", limit=ACTIONS_TOGETHER, figure=count)


def _stage(where: str, actions: list[Json]) -> Iterator[Finding]:
    yield Finding(construct=where, limit=ACTIONS_PER_STAGE, figure=len(actions))
    orders = [int(action.get("RunOrder", 1)) for action in actions]
    yield Finding(construct=where, limit=RUN_ORDER, figure=max(orders, default=0))
    for action in actions:
        timeout = action.get("TimeoutInMinutes")
        if action.get("ActionTypeId", {}).get("Category") == "Approval" and timeout is not None:
            yield Finding(construct=f"{where}/{action['Name']}", limit=APPROVAL_TIMEOUT, figure=int(timeout))


def _project(where: str, properties: Mapping[str, Json]) -> Iterator[Finding]:
    build_spec = properties.get("Source", {}).get("BuildSpec", "")
    written = build_spec if isinstance(build_spec, str) else json.dumps(build_spec)
    yield Finding(construct=where, limit=INLINE_BUILD_SPEC, figure=len(written))
