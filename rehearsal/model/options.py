"""Options of one execution for which AWS has no field (`slipway rehearse --bake`, `--only`, …).

They apply to the execution that they were given for, to its retries, to its roll-back, and to the execution
that repeats it after a self-mutation. They apply to no other execution.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rehearsal.model.definition import Pipeline

BAKE_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class ExecutionOptions:
    left_out: tuple[str, ...] = ()
    """Stages that are skipped; AWS would have run them."""
    until: str = ""
    """The last stage to run; those after it in the definition of the time are skipped. Empty: all run."""
    skipped: tuple[str, ...] = ()
    """Actions, as `Stage/Action`, that pass without running; AWS would have run them."""
    bake_seconds: float | None = BAKE_SECONDS
    """How long alarms are watched instead of the minutes of a rule or a build; None means those minutes."""
    reuse_builds: bool = True
    """Whether a build may reuse the result of an earlier build with the same inputs."""

    def leaves_out(self, stage: str, pipeline: Pipeline) -> bool:
        names = [found.name for found in pipeline.stages]
        after = names[names.index(self.until) + 1 :] if self.until in names else []
        return stage in self.left_out or stage in after

    def skips(self, stage: str, action: str, pipeline: Pipeline) -> bool:
        """Whether nothing of the action is run, because of itself or of its stage."""
        return f"{stage}/{action}" in self.skipped or self.leaves_out(stage, pipeline)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> "ExecutionOptions":
        lists = {name: tuple(stored.get(name, ())) for name in ("left_out", "skipped")}
        return cls(**{**stored, **lists})
