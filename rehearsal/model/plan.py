"""The order of actions: stages one after the other, in a stage groups of equal run order."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from rehearsal.model.definition import Action, Pipeline, Stage

Group = tuple[Action, ...]
"""Actions that run at the same time."""


def groups(stage: Stage) -> tuple[Group, ...]:
    ordered = sorted(stage.actions, key=_run_order)
    return tuple(tuple(group) for _, group in groupby(ordered, key=_run_order))


def _run_order(action: Action) -> int:
    return action.run_order


@dataclass(frozen=True, kw_only=True)
class Step:
    stage: str
    action: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Path:
    steps: tuple[Step, ...]

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.steps)


def critical_path(pipeline: Pipeline, seconds: Callable[[Stage, Action], float]) -> Path:
    """The longest chain of actions: of every group the one that takes longest."""
    return Path(
        steps=tuple(
            max(
                (
                    Step(stage=stage.name, action=action.name, seconds=seconds(stage, action))
                    for action in group
                ),
                key=lambda step: step.seconds,
            )
            for stage in pipeline.stages
            for group in groups(stage)
        )
    )
