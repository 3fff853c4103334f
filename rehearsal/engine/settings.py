"""Settings for running executions."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    seconds_per_minute: float = 60.0
    """How many seconds a minute of a time-out lasts; tests shorten it."""
    write_again_seconds: float = 1.0
    """How long to wait before a failed write of a state change is retried."""
    cancel_grace_seconds: float = 30.0
    """How long an action may run on after the pipeline's definition changed.

    The action that updates the pipeline belongs to the execution that the update cancels; AWS lets that
    action complete.
    """
