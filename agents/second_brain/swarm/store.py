"""What the agent may see and change of the database. Its login reads no table, only functions that carry the
caller's family, and they answer only in a session of that family.

Values go to the server beside the SQL, never in it. Rows of one person (appointments, reminders) also
carry the person's id.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from agents.second_brain.swarm.database import DatabaseError, Row, Session
from agents.second_brain.swarm.request import Caller

_EXCLUSION_VIOLATION = "23P01"
_TELLING_WORDS = 3
_SHORTEST_WORD = 3
_WORD = re.compile(r"[^\W_]+")

_KNOWN = "select true as known where agent_knows(:family, :user)"
_SEARCH = """
    select id, title, score, excerpt
    from search_entities(cast(:meaning as text)::vector, :first, :second, :third, :most)"""
_NOTE = "select id, kind, title, body, place_name, created_at from agent_note(:family, :id)"
_RECENT = "select id, title, excerpt, created_at from agent_recent(:family, :most)"
_NEAR = """
    select id, title, excerpt, place_name, distance_km from agent_near(
        :family, st_setsrid(st_makepoint(:longitude, :latitude), 4326)::geography, :metres, :most)"""
_EVENTS = "select title, starts_at, ends_at from agent_events(:family, :user, :from_time, :to_time)"
_REMINDERS = "select text, due_at, sent from agent_reminders(:family, :user, :from_time, :to_time)"
_ADD_EVENT = """
    insert into calendar_events (family_id, user_id, title, during)
    values (:family, :user, :title, tstzrange(:from_time, :to_time))"""
_ADD_REMINDER = """
    insert into reminders (family_id, user_id, text, due_at)
    select :family, :user, :text, :due_at
    where not exists (
        select from agent_reminders(
            :family, :user, :due_at, cast(:due_at as timestamptz) + interval '1 second') as known
        where known.text = :text and known.due_at = :due_at)"""

_FAMILY = "select family_name, name, role, notes, you from agent_family(:family, :user)"
_INVITE = "select outcome, expires_at from agent_invite(:family, :user, :hash, :role)"
_COUNT_TRY = "select admitted from agent_count_try(:family, :user)"
_JOIN = """
    select outcome, family_name, role, staying, links_ending
    from agent_join(:family, :user, :hash, :only_preview)"""


class OverlapError(Exception):
    """The person is busy then."""


@dataclass(frozen=True, kw_only=True)
class Point:
    longitude: float
    latitude: float


@dataclass(frozen=True, kw_only=True)
class FamilyStore:
    """One caller's part of the database."""

    session: Session
    caller: Caller

    def knows_caller(self) -> bool:
        return bool(self._read(_KNOWN, user=self.caller.user))

    def search(self, words: str, *, meaning: Sequence[float], most: int) -> list[Row]:
        """By meaning and by spelling, best first; the ranking that the functions use."""
        first, second, third = telling_words(words)
        return self._read(
            _SEARCH,
            meaning=json.dumps(list(meaning)),
            first=first,
            second=second,
            third=third,
            most=most,
        )

    def note(self, note: UUID) -> Row | None:
        return next(iter(self._read(_NOTE, id=note)), None)

    def recent(self, most: int) -> list[Row]:
        return self._read(_RECENT, most=most)

    def near(self, point: Point, *, within_km: float, most: int) -> list[Row]:
        return self._read(
            _NEAR,
            longitude=point.longitude,
            latitude=point.latitude,
            metres=within_km * 1000,
            most=most,
        )

    def events(self, start: datetime, end: datetime) -> list[Row]:
        return self._read(_EVENTS, user=self.caller.user, from_time=start, to_time=end)

    def reminders(self, start: datetime, end: datetime) -> list[Row]:
        return self._read(_REMINDERS, user=self.caller.user, from_time=start, to_time=end)

    def add_event(self, title: str, start: datetime, end: datetime) -> None:
        try:
            self._write(_ADD_EVENT, title=title, from_time=start, to_time=end)
        except DatabaseError as error:
            if error.code == _EXCLUSION_VIOLATION:
                raise OverlapError from None
            raise

    def add_reminder(self, text: str, due_at: datetime) -> None:
        """Asking twice keeps one."""
        self._write(_ADD_REMINDER, text=text, due_at=due_at)

    def family(self) -> list[Row]:
        return self._read(_FAMILY, user=self.caller.user)

    def invite(self, code_hash: bytes, role: str) -> Row:
        return self._one(self._write(_INVITE, hash=code_hash, role=role))

    def count_code_try(self) -> bool:
        """Before the code is looked at, and in a transaction of its own."""
        return bool(self._one(self._write(_COUNT_TRY))["admitted"])

    def join(self, code_hash: bytes, *, only_preview: bool) -> Row:
        return self._one(self._write(_JOIN, hash=code_hash, only_preview=only_preview))

    def _one(self, rows: list[Row]) -> Row:
        if not rows:
            raise DatabaseError("the person was moved to another family meanwhile")
        return rows[0]

    def _read(self, sql: str, **parameters: Any) -> list[Row]:
        family = {"family": self.caller.family} if ":family" in sql else {}
        return self.session.read(sql, **family, **parameters)

    def _write(self, sql: str, **parameters: Any) -> list[Row]:
        return self.session.write(sql, family=self.caller.family, user=self.caller.user, **parameters)


def telling_words(text: str) -> list[str | None]:
    """The longest words, as the functions choose them; None where there are no more."""
    words = {word for word in _WORD.findall(text.lower()) if len(word) >= _SHORTEST_WORD}
    longest = sorted(words, key=lambda word: (-len(word), word))[:_TELLING_WORDS]
    return [*longest, *[None] * (_TELLING_WORDS - len(longest))]


def told(row: Row) -> Mapping[str, Any]:
    """The row as JSON can hold it."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
