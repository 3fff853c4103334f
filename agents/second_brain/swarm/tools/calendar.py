"""A person's appointments and reminders."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from strands import tool

from agents.second_brain.swarm.database import Row
from agents.second_brain.swarm.guard import clean, says_more_than
from agents.second_brain.swarm.permissions import NotAllowedError
from agents.second_brain.swarm.store import OverlapError
from agents.second_brain.swarm.tools.times import UnclearTimeError, moment, span, window
from agents.second_brain.swarm.visit import Visit

_LONGEST_TITLE = 200
_LONGEST_REMINDER = 2000
_LATE = timedelta(hours=1)
"""How far back "now" may lie by the time that the tool is called."""


@dataclass(frozen=True)
class CalendarTools:
    visit: Visit

    @tool
    def list_events(self, start: str, end: str) -> str:
        """The person's appointments in a span of time.

        Args:
            start: ISO 8601, such as 2026-05-04T00:00.
            end: ISO 8601, after the start.
        """
        return self._shown("events", self.visit.store.events(*window(self.visit, start, end)))

    @tool
    def list_reminders(self, start: str, end: str) -> str:
        """The person's reminders that fall due in a span of time.

        Args:
            start: ISO 8601, such as 2026-05-04T00:00.
            end: ISO 8601, after the start.
        """
        return self._shown("reminders", self.visit.store.reminders(*window(self.visit, start, end)))

    @tool
    def add_event(self, title: str, start: str, end: str) -> str:
        """Enter an appointment that the person asked for into their calendar.

        Args:
            title: What it is, in the person's own words.
            start: ISO 8601, such as 2026-05-04T09:30.
            end: ISO 8601, after the start.
        """
        words = self._persons(title, longest=_LONGEST_TITLE)
        begins, ends = span(self.visit, start, end)
        self.visit.permissions.spend("add_event")
        try:
            self.visit.store.add_event(words, begins, ends)
        except OverlapError:
            return "not entered: the person is busy then. Tell them, and let them choose another time."
        return self.visit.evidence.show({"entered": {"title": words, "starts_at": begins, "ends_at": ends}})

    @tool
    def add_reminder(self, text: str, due_at: str) -> str:
        """Set a reminder that the person asked for.

        Args:
            text: What to remind them of, in their own words.
            due_at: ISO 8601, such as 2026-05-04T09:30.
        """
        words = self._persons(text, longest=_LONGEST_REMINDER)
        due = moment(self.visit, due_at, name="due_at")
        if due < self.visit.now - _LATE:
            raise UnclearTimeError("due_at lies in the past; ask the person when they mean")
        self.visit.permissions.spend("add_reminder")
        self.visit.store.add_reminder(words, due)
        return self.visit.evidence.show({"reminder": {"text": words, "due_at": due}})

    def _persons(self, text: str, *, longest: int) -> str:
        """Nothing is written that the person did not say: a note cannot put words into a calendar."""
        words = " ".join(clean(text).split())
        if not 1 <= len(words) <= longest:
            raise ValueError(f"the text must have 1 to {longest} characters")
        if foreign := says_more_than(words, self.visit.persons_words):
            raise NotAllowedError(
                f"the person did not say {', '.join(foreign[:5])}; use only words that they used"
            )
        return words

    def _shown(self, name: str, rows: Iterable[Row]) -> str:
        return self.visit.evidence.show({name: [self._local(row) for row in rows]})

    def _local(self, row: Row) -> dict[str, Any]:
        zone = self.visit.caller.zone
        return {
            name: value.astimezone(zone).isoformat(timespec="minutes")
            if isinstance(value, datetime)
            else value
            for name, value in row.items()
        }
