"""Families in a database with the application's schema, and the assistant that serves them."""

import asyncio
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from strands.models.model import Model

from agents.second_brain.swarm.assistant import Answer, Assistant
from agents.second_brain.swarm.database import Database, Login
from agents.second_brain.swarm.memory import Memory, ProcessMemory
from agents.second_brain.swarm.models import Models
from agents.second_brain.swarm.models.scripted import ScriptedModel
from agents.second_brain.swarm.request import Caller, parse
from agents.second_brain.swarm.store import Point
from rehearsal.cloud.bedrock import embed
from rehearsal.postgres.login import Login as ServerLogin
from stacks.second_brain.logins import LOGIN_OF

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
LISBON = Point(longitude=-9.139, latitude=38.722)
Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class Person:
    user: UUID
    family: UUID
    time_zone: str = "Europe/Berlin"

    @property
    def caller(self) -> Caller:
        return Caller(family=self.family, user=self.user, zone=ZoneInfo(self.time_zone))

    def payload(self, prompt: str, *, task: str = "answer", **context: Any) -> dict[str, Any]:
        return {
            "task": task,
            "prompt": prompt,
            "family_id": str(self.family),
            "user_id": str(self.user),
            "time_zone": self.time_zone,
            "context": context,
        }


@dataclass(frozen=True)
class Household:
    """Puts things into the database as the functions do."""

    connection: Connection

    def family(self) -> UUID:
        family = uuid.uuid4()
        self.connection.execute("insert into families (id) values (%s)", (family,))
        return family

    def person(self, *, family: UUID | None = None) -> Person:
        person = Person(user=uuid.uuid4(), family=family or self.family())
        self.connection.execute(
            "insert into users (id, family_id, subject, time_zone) values (%s, %s, %s, %s)",
            (person.user, person.family, str(person.user), person.time_zone),
        )
        return person

    def note(self, owner: Person, title: str, body: str, *, at: Point | None = None) -> UUID:
        note = uuid.uuid4()
        place = f"SRID=4326;POINT({at.longitude} {at.latitude})" if at else None
        self.connection.execute(
            "insert into entities (id, family_id, kind, title, body, embedding, place_name, place)"
            " values (%s, %s, 'note', %s, %s, %s::vector, %s, %s::geography)",
            (note, owner.family, title, body, vector(f"{title}\n{body}"), "there" if at else None, place),
        )
        return note

    def event(self, owner: Person, title: str, start: str, end: str) -> None:
        self.connection.execute(
            "insert into calendar_events (family_id, user_id, title, during)"
            " values (%s, %s, %s, tstzrange(%s, %s))",
            (owner.family, owner.user, title, start, end),
        )

    def rows(self, sql: str, *values: Any) -> Sequence[tuple[Any, ...]]:
        return self.connection.execute(sql, values).fetchall()

    def events_of(self, owner: Person) -> list[tuple[str, str]]:
        sql = """select title, lower(during) at time zone 'UTC' from calendar_events
            where user_id = %s order by 2"""
        return [(title, start.isoformat()) for title, start in self.rows(sql, owner.user)]

    def reminders_of(self, owner: Person) -> list[tuple[str, str]]:
        sql = "select text, due_at at time zone 'UTC' from reminders where user_id = %s order by 2"
        return [(text, due.isoformat()) for text, due in self.rows(sql, owner.user)]


def vector(text: str) -> str:
    return json.dumps(embed(text, 1024))


class WordHashes:
    """The rehearsal's embeddings, without the way over HTTP."""

    def embed(self, text: str) -> Sequence[float]:
        return embed(text, 1024)


class KnownPlaces:
    def find(self, name: str) -> tuple[str, Point] | None:
        return ("Lisbon, PRT", LISBON) if "lisbon" in name.casefold() else None


@dataclass(frozen=True)
class KnownLogin:
    server: ServerLogin

    def login(self) -> Login:
        return Login(
            host=self.server.address.host,
            port=self.server.address.port,
            database=self.server.database,
            user=LOGIN_OF["agent"],
            password=self.server.password,
        )


@dataclass(frozen=True)
class Desk:
    """Asks the assistant as the functions would."""

    server: ServerLogin
    memory: Memory = field(default_factory=ProcessMemory)

    def ask(self, person: Person, prompt: str, *, model: Model | None = None, **more: Any) -> Answer:
        return self.ask_with(person.payload(prompt, **more), session=person.caller.session, model=model)

    def ask_with(
        self, payload: Mapping[str, Any], *, session: str | None, model: Model | None = None
    ) -> Answer:
        assistant = self.assistant(model or ScriptedModel())
        return asyncio.run(assistant.answer(parse(payload), session=session))

    def assistant(self, model: Model) -> Assistant:
        return Assistant(
            database=Database(KnownLogin(self.server)),
            embeddings=WordHashes(),  # type: ignore[arg-type]
            places=KnownPlaces(),  # type: ignore[arg-type]
            memory=self.memory,
            models=Models(main=model, fast=model),
            clock=lambda: NOW,
        )


@contextmanager
def connected(server: ServerLogin) -> Iterator[Connection]:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        yield connection
