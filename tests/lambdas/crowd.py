"""More environments of a function than its login may have connections."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from rehearsal.postgres.login import Login
from tests.lambdas.events import Person, event
from tests.lambdas.runtime_api import Function

ROLE = "sb_api"
TIMES = 3
"""How many environments there are for each connection."""
WINDOW = {"from": "2026-01-01T00:00:00Z", "to": "2026-12-31T00:00:00Z"}


@dataclass(frozen=True, kw_only=True)
class Round:
    """One request to each environment, all at the same moment."""

    statuses: Sequence[int]
    codes: Sequence[str]
    retry_after: Sequence[str]
    seconds: Sequence[float]
    """Of those that were refused."""
    most_sessions: int
    """Of the login at the server, while the requests ran."""

    @property
    def served(self) -> int:
        return self.statuses.count(200)


@contextmanager
def limited(master: Login, connections: int) -> Iterator[None]:
    """As the migrator sets it; without a limit afterwards."""
    statement = sql.SQL("alter role {} connection limit {}")
    with psycopg.connect(master.dsn, autocommit=True) as session:
        session.execute(statement.format(sql.Identifier(ROLE), sql.Literal(connections)))
        try:
            yield
        finally:
            session.execute(statement.format(sql.Identifier(ROLE), sql.Literal(-1)))


def ask_all(master: Login, functions: Sequence[Function]) -> Round:
    with ThreadPoolExecutor(len(functions)) as pool, psycopg.connect(master.dsn, autocommit=True) as session:
        pending = [pool.submit(_ask, function) for function in functions]
        most = 0
        while not all(each.done() for each in pending):
            most = max(most, sessions(session))
        outcomes = [each.result() for each in pending]
    refused = [(payload, seconds) for payload, seconds in outcomes if payload["statusCode"] != 200]
    return Round(
        statuses=[payload["statusCode"] for payload, _ in outcomes],
        codes=[json.loads(payload["body"])["error"]["code"] for payload, _ in refused],
        retry_after=[payload["headers"].get("retry-after", "") for payload, _ in refused],
        seconds=[seconds for _, seconds in refused],
        most_sessions=most,
    )


def sessions(session: psycopg.Connection[Any]) -> int:
    row = session.execute("select count(*) from pg_stat_activity where usename = %s", (ROLE,)).fetchone()
    assert row
    return int(row[0])


def _ask(function: Function) -> tuple[dict[str, Any], float]:
    outcome = function.invoke(event("GET", "/calendar", claims=Person().claims, query=WINDOW))
    return outcome.payload, outcome.seconds
