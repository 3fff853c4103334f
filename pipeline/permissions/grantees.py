"""Who gets policies of its own: each environment, and the stacks of the pipelines themselves."""

from collections import defaultdict
from dataclasses import dataclass

from config.delivery import Delivery
from config.names import camel, stage_name
from pipeline.assembly import AssemblyStack

PIPELINE = "pipeline"
SANDBOX = "sandbox"


@dataclass(frozen=True, kw_only=True)
class Grantee:
    name: str
    """Also the name of its files."""
    stacks: tuple[str, ...]
    """What the names of its stacks start with, and so the names that CloudFormation generates."""
    names: tuple[str, ...]
    """What the physical names start with that the templates give."""
    tags: tuple[str, ...]
    """Values of the tag `delivery` on its resources."""
    stages: tuple[str, ...]
    """Where its stacks are in the assembly."""

    def has(self, stack: AssemblyStack) -> bool:
        parent = stack.path.rpartition("/")[0]
        return parent in self.stages or (self.name == PIPELINE and not parent)


def grantees(delivery: Delivery) -> tuple[Grantee, ...]:
    stages: defaultdict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
    for pipeline in delivery.pipelines:
        for environment in pipeline.environments:
            path = f"{pipeline.construct_id}/{camel(environment.name)}"
            prefix = f"{pipeline.full_name}-{environment.name}-"
            stage = f"{stage_name(pipeline, environment)}-"
            stages[environment.name].append((stage, prefix, pipeline.full_name, path))
    deliveries = tuple(pipeline.full_name for pipeline in delivery.pipelines)
    itself = Grantee(name=PIPELINE, stacks=(PIPELINE,), names=deliveries, tags=deliveries, stages=())
    sandbox = Grantee(
        name=SANDBOX,
        stacks=("Sandbox-",),
        names=(f"{delivery.name}-sandbox-",),
        tags=(delivery.name,),
        stages=(SANDBOX,),
    )
    return (itself, *(_environment(name, found) for name, found in stages.items()), sandbox)


def _environment(name: str, found: list[tuple[str, str, str, str]]) -> Grantee:
    stacks, names, tags, stages = (tuple(dict.fromkeys(column)) for column in zip(*found, strict=True))
    return Grantee(name=name, stacks=stacks, names=names, tags=tags, stages=stages)
