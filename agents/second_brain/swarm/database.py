"""Connections to the database: one for each invocation, closed with it.

A session's machine lives on for half an hour after its last question, and there is one for each person
who asks; were they to keep a connection, they would use up what the instance allows. Sessions read only;
what writes says so. A session belongs to one family, and the server shows it no row of another: the models
reach fixed statements only, none of which can change whose session it is. TLS verifies the server against
RDS's authorities, or those that PGSSLROOTCERT names.
"""

import json
import os
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import pg8000.native

_SESSION = (
    "-c default_transaction_read_only=on -c statement_timeout=10s -c idle_in_transaction_session_timeout=30s "
    "-c hnsw.iterative_scan=relaxed_order -c hnsw.ef_search=40 -c pg_trgm.word_similarity_threshold=0.5 "
    "-c enable_seqscan=off -c jit=off -c timezone=UTC"
)
_CONNECT_SECONDS = 10
_REFUSED_LOGIN = frozenset({"28P01", "28000"})
Row = Mapping[str, Any]


class DatabaseError(Exception):
    """The database did not do it. The text quotes no row: that could be anybody's life."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code
        """SQLSTATE, where the server said one."""


@dataclass(frozen=True, kw_only=True)
class Login:
    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)

    @classmethod
    def of_secret(cls, secret: str, *, host: str | None, database: str) -> "Login":
        """From the JSON that RDS keeps in Secrets Manager; what is given wins over what is stored."""
        stored = json.loads(secret)
        return cls(
            host=host or stored["host"],
            port=int(stored.get("port") or 5432),
            database=database or stored["dbname"],
            user=stored["username"],
            password=stored["password"],
        )


class LoginSource(Protocol):
    def login(self) -> Login: ...


class Session:
    """One connection. Tools of one turn run at the same time; their statements take turns."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def read(self, sql: str, **parameters: Any) -> list[Row]:
        with self._lock:
            return self._run(sql, **parameters)

    def write(self, sql: str, **parameters: Any) -> list[Row]:
        """In a transaction of its own, the only kind that may change anything."""
        with self._lock:
            self._run("begin read write")
            try:
                rows = self._run(sql, **parameters)
            except DatabaseError:
                self._run("rollback")
                raise
            self._run("commit")
            return rows

    def close(self) -> None:
        with suppress(pg8000.native.Error, OSError):
            self._connection.close()

    def _run(self, sql: str, **parameters: Any) -> list[Row]:
        try:
            rows = self._connection.run(sql, **parameters) or []
        except (pg8000.native.Error, OSError) as error:
            # `from None`: the original's detail field quotes rows.
            raise _explained(error) from None
        names = [column["name"] for column in self._connection.columns or []]
        return [dict(zip(names, row, strict=True)) for row in rows]


class Database:
    def __init__(self, source: LoginSource) -> None:
        self._source = source
        self._login: Login | None = None

    def open(self, family: UUID) -> Session:
        """A session that sees the rows of this family only.

        The login is kept until the server refuses it, because the password was rotated.
        """
        try:
            return Session(_opened(self._known_login(), family))
        except DatabaseError as error:
            if error.code not in _REFUSED_LOGIN:
                raise
        self._login = None
        return Session(_opened(self._known_login(), family))

    def _known_login(self) -> Login:
        self._login = self._login or self._source.login()
        return self._login


def _opened(login: Login, family: UUID) -> Any:
    try:
        return pg8000.native.Connection(
            login.user,
            host=login.host,
            port=login.port,
            database=login.database,
            password=login.password,
            ssl_context=_verifying(),
            timeout=_CONNECT_SECONDS,
            application_name="second_brain_agent",
            startup_params={"options": f"{_SESSION} -c app.family={family}"},
        )
    except (pg8000.native.Error, OSError) as error:
        raise _explained(error) from None


def _explained(error: Exception) -> DatabaseError:
    said = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    code = str(said.get("C", ""))
    what = f"SQLSTATE {code}" if code else type(error).__name__
    return DatabaseError(f"the database did not answer: {what}", code=code)


@cache
def _verifying() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(root_certificates()))
    # Strict became the default in Python 3.13 and asks for extensions that not all of RDS's roots have.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def root_certificates() -> Path:
    """PGSSLROOTCERT, else the bundle at the top of the zip, else the repository's."""
    if named := os.environ.get("PGSSLROOTCERT"):
        return Path(named)
    top = Path(__file__).resolve().parents[3]
    deployed = top / "rds.pem"
    return deployed if deployed.exists() else top / "blocks" / "certificates" / "rds.pem"
