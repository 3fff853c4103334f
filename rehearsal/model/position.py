"""The position of an execution in its pipeline: all that another daemon needs to resume it.

It is recorded in the transaction of the change of state to which it belongs. So after a kill nothing must be
derived from statuses: an execution is before the stage that its position names, or inside it, or past the
last stage.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Entry:
    """How an execution goes through a stage; the defaults are the ordinary way."""

    carried: frozenset[str] = frozenset()
    """Actions that succeeded in an earlier attempt and are not run again."""
    retried_by: str = ""
    entered: bool = False
    """The stage is in progress already: after a restart, or after an overridden condition."""
    entry_condition: bool = True
    actions: bool = True
    success_condition: bool = True
    resumed: Mapping[str, str] = field(default_factory=dict)
    """Approvals that were pending when the daemon ended, with their action execution ids. Not recorded."""
    failed: tuple[str, ...] = ()
    """Actions whose failure was not handled when the daemon ended. Not recorded."""


ORDINARY = Entry()


@dataclass(frozen=True, kw_only=True)
class Position:
    stage: str
    """Empty once the execution has left its last stage."""
    entry: Entry = ORDINARY
    only: bool = False
    """A roll-back runs its one stage and nothing after it."""
    first: bool = False
    """It is first in line for the stage."""

    @property
    def finished(self) -> bool:
        return not self.stage

    def inside(self, entry: Entry | None = None) -> "Position":
        """The same stage, entered."""
        return replace(self, entry=replace(entry or self.entry, entered=True))

    def onward(self, stage: str | None) -> "Position":
        """Past this stage: before the next, or past the last."""
        return Position(stage=stage or "", only=self.only)

    def as_json(self) -> dict[str, Any]:
        stored = asdict(self)
        del stored["entry"]["resumed"], stored["entry"]["failed"]
        stored["entry"]["carried"] = sorted(self.entry.carried)
        return stored

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> "Position":
        entry = {**stored["entry"], "carried": frozenset(stored["entry"]["carried"])}
        return cls(**{**stored, "entry": Entry(**entry)})
