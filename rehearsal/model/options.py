"""Options of one execution for which AWS has no field (`slipway rehearse --bake`, `--only`, …).

They apply to the execution that they were given for, to its retries, to its roll-back, and to the execution
that repeats it after a self-mutation. They apply to no other execution.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

BAKE_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class ExecutionOptions:
    left_out: tuple[str, ...] = ()
    """Stages that are skipped; AWS would have run them."""
    bake_seconds: float | None = BAKE_SECONDS
    """How long alarms are watched instead of the minutes of a rule or a build; None means those minutes."""
    reuse_builds: bool = True
    """Whether a build may reuse the result of an earlier build with the same inputs."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> "ExecutionOptions":
        return cls(**{**stored, "left_out": tuple(stored["left_out"])})
