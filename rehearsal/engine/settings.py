"""What a person can set about how executions run."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    seconds_per_minute: float = 60.0
    """How long a minute of a time-out lasts; tests shorten it."""
    write_again_seconds: float = 1.0
    """How long to wait before a change of state that could not be written is written again."""
    cancel_grace_seconds: float = 30.0
    """How long an action may go on after the definition changed underneath it.

    The action that changes the pipeline is itself part of the execution that the change cancels; AWS
    lets it end on its own.
    """
