"""What a person can set about how executions run."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    bake_seconds: float | None = 2.0
    """How long a rule watches in place of its minutes, reported as a gap; None keeps the minutes."""
    seconds_per_minute: float = 60.0
    """How long a minute of a time-out lasts; tests shorten it."""
    cancel_grace_seconds: float = 30.0
    """How long an action may go on after the definition changed underneath it.

    The action that changes the pipeline is itself part of the execution that the change cancels; AWS
    lets it end on its own.
    """
