"""Estimates how long a run takes: the longest chain of actions, and its share of overhead.

Actions of one run order run in parallel, so a group takes as long as its slowest. A stage that bakes (a
condition that watches an alarm for some minutes) takes that much longer, and so does a build that says so
(`SLIPWAY_BAKE_MINUTES`). Waiting for a person is not counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rehearsal.model.definition import Action, Condition, Stage
from rehearsal.model.plan import critical_path
from rehearsal.planning.pipelines import Planned
from rehearsal.planning.timings import NOTHING, Seconds, Timings


@dataclass(frozen=True, kw_only=True)
class Estimate:
    work: Seconds
    overhead: Seconds

    @property
    def total(self) -> Seconds:
        return self.work + self.overhead


@dataclass(frozen=True, kw_only=True)
class CriticalStep:
    stage: str
    action: str
    """Empty for the bake of a stage."""
    estimate: Estimate


@dataclass(frozen=True, kw_only=True)
class RunEstimate:
    actions: Mapping[tuple[str, str], Estimate]
    """By stage and action."""
    critical: tuple[CriticalStep, ...]
    asks_people: bool

    @property
    def total(self) -> Seconds:
        return sum((step.estimate.total for step in self.critical), NOTHING)

    @property
    def overhead(self) -> Seconds:
        return sum((step.estimate.overhead for step in self.critical), NOTHING)

    @property
    def overhead_share(self) -> float:
        return self.overhead.typical / self.total.typical if self.total.typical else 0.0

    def is_critical(self, stage: Stage, action: Action) -> bool:
        return any((step.stage, step.action) == (stage.name, action.name) for step in self.critical)


def estimate(planned: Planned, timings: Timings) -> RunEstimate:
    pipeline = planned.pipeline
    actions = {
        (stage.name, action.name): Estimate(
            work=timings.work_of(stage, action) + _always(planned.bake_seconds(action)),
            overhead=timings.overhead_of(action, arm=planned.builds_on_arm(action)),
        )
        for stage in pipeline.stages
        for action in stage.actions
    }
    path = critical_path(pipeline, lambda stage, action: actions[stage.name, action.name].total.typical)
    steps = [
        CriticalStep(stage=step.stage, action=step.action, estimate=actions[step.stage, step.action])
        for step in path.steps
    ]
    return RunEstimate(
        actions=actions,
        critical=tuple(step for stage in pipeline.stages for step in _of_stage(stage, steps)),
        asks_people=any(a.type.category == "Approval" for s in pipeline.stages for a in s.actions),
    )


def _always(seconds: float) -> Seconds:
    return Seconds(typical=seconds, slow=seconds)


def bake_seconds(conditions: tuple[Condition, ...]) -> float:
    """Rules of a condition run together; `WaitTime` is in minutes."""
    waits = (rule.configuration.get("WaitTime", "0") for condition in conditions for rule in condition.rules)
    return max((60 * float(wait) for wait in waits if wait.replace(".", "", 1).isdigit()), default=0.0)


def _of_stage(stage: Stage, steps: list[CriticalStep]) -> list[CriticalStep]:
    own = [step for step in steps if step.stage == stage.name]
    seconds = bake_seconds(stage.before_entry) + bake_seconds(stage.on_success)
    if not seconds:
        return own
    bake = Estimate(work=_always(seconds), overhead=NOTHING)
    return [*own, CriticalStep(stage=stage.name, action="", estimate=bake)]
