"""What a person asks of one execution and AWS has no field for (`slipway rehearse --bake`, `--only`, …).

They belong to the execution that they were given with, and to those that it becomes: the one that
repeats it after a self-mutation, the one that rolls it back, its retries. No other execution sees them.
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
    """How long alarms are watched in place of a rule's minutes; None keeps the minutes."""
    reuse_builds: bool = True
    """Whether a build may be answered by an earlier one with the same inputs."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> "ExecutionOptions":
        return cls(**{**stored, "left_out": tuple(stored["left_out"])})
