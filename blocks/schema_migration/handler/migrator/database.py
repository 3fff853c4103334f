"""Connections, always over TLS that verifies the server, and where the login comes from."""

import json
import os
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pg8000.native

from .migration import MigrationError

CONNECT_SECONDS = 15


@dataclass(frozen=True, kw_only=True)
class Login:
    host: str
    database: str
    user: str
    password: str = field(repr=False)
    port: int = 5432
    root_certificates: Path | None = None

    @classmethod
    def of_secret(cls, value: str, *, host: str = "", database: str = "", port: int | None = None) -> "Login":
        """From the JSON that RDS keeps in Secrets Manager; what is given wins over what is stored."""
        stored = json.loads(value)
        return cls(
            host=host or stored["host"],
            database=database or stored["dbname"],
            user=stored["username"],
            password=stored["password"],
            port=int(port or stored.get("port") or 5432),
        )

    @classmethod
    def of_dsn(cls, dsn: str) -> "Login":
        parts = urlsplit(dsn)
        root = parse_qs(parts.query).get("sslrootcert")
        return cls(
            host=parts.hostname or "localhost",
            database=unquote(parts.path.lstrip("/")) or "postgres",
            user=unquote(parts.username or "postgres"),
            password=unquote(parts.password or ""),
            port=parts.port or 5432,
            root_certificates=Path(root[0]) if root else None,
        )

    @classmethod
    def of_environment(cls, variables: Mapping[str, str]) -> "Login":
        """From the variables of libpq."""
        return cls(
            host=variables["PGHOST"],
            database=variables["PGDATABASE"],
            user=variables["PGUSER"],
            password=variables.get("PGPASSWORD", ""),
            port=int(variables.get("PGPORT", "5432")),
        )


class VerifiedSession:
    """A connection whose errors say what the server said, and no value of any row."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def run(self, sql: str, **parameters: Any) -> Sequence[Sequence[Any]]:
        try:
            return self._connection.run(sql, **parameters) or []
        except pg8000.native.Error as error:
            # `from None`: the original carries the detail field, which quotes rows.
            raise MigrationError(_explain(error, sql)) from None


@contextmanager
def connect(login: Login, *, statement_seconds: int | None = None) -> Iterator[VerifiedSession]:
    """A session; a statement that takes longer than `statement_seconds` fails."""
    try:
        connection = pg8000.native.Connection(
            login.user,
            host=login.host,
            port=login.port,
            database=login.database,
            password=login.password,
            ssl_context=_verifying(login.root_certificates or root_certificates()),
            sock=_reach(login, statement_seconds),
            application_name="schema-migrator",
        )
    except (pg8000.native.Error, OSError) as error:
        raise MigrationError(f"cannot connect to {login.host}:{login.port}: {_explain(error, '')}") from None
    try:
        session = VerifiedSession(connection)
        if statement_seconds:
            session.run(f"set statement_timeout = '{int(statement_seconds)}s'")
        yield session
    finally:
        with suppress(pg8000.native.Error, OSError):
            connection.close()


def _reach(login: Login, statement_seconds: int | None) -> socket.socket:
    """pg8000 knows one time-out for everything; connecting deserves a shorter one than a statement."""
    reached = socket.create_connection((login.host, login.port), timeout=CONNECT_SECONDS)
    reached.settimeout(statement_seconds + CONNECT_SECONDS if statement_seconds else None)
    return reached


def root_certificates() -> Path:
    """PGSSLROOTCERT, else the bundle beside this package, else the repository's."""
    here = Path(__file__).resolve()
    named = os.environ.get("PGSSLROOTCERT")
    places = (
        [Path(named)] if named else [here.parents[1] / "rds.pem", here.parents[3] / "certificates/rds.pem"]
    )
    for place in places:
        if place.exists():
            return place
    raise MigrationError(
        f"no root certificates at {' or '.join(map(str, places))}; PGSSLROOTCERT names a file"
    )


def _verifying(roots: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(roots))
    # Strict became the default in Python 3.13 and asks for extensions that not all of RDS's roots have.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _explain(error: Exception, sql: str) -> str:
    fields = error.args[0] if error.args and isinstance(error.args[0], dict) else None
    if fields is None:
        return str(error)
    place = f", line {sql.count(chr(10), 0, int(fields['P'])) + 1}" if "P" in fields else ""
    hint = f" ({fields['H']})" if "H" in fields else ""
    return f"{fields.get('M', 'unknown error')} [SQLSTATE {fields.get('C')}{place}]{hint}"
