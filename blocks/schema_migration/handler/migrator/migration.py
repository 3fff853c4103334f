"""How a database gets from the version it has to the version of the files.

Every run does the same: take a lock that all migrators of this database share, create the extensions
that are missing, compare what `schema_version` remembers with the files, and apply the files that
come after it, each with its record in one transaction. A failure leaves the database at the last
version that went through, and the next run goes on from there.

History is never rewritten: a file that was applied and has another checksum now is an error, because
the database no longer is what the files describe. A database that is ahead of the files is left as it
is: that is what a deployment looks like that was rolled back, and the older program has to live with
the newer schema.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from .files import Version

LOCK = 0x5CE3A
"""Key of the advisory lock; any number will do, as long as nobody changes it."""

_HISTORY = """
create table if not exists schema_version (
    version    integer primary key check (version > 0),
    name       text not null,
    checksum   text not null,
    applied_at timestamptz not null default now()
);
comment on table schema_version is 'Which schema files were applied, and what they said then.';
"""


class MigrationError(Exception):
    """The schema could not be brought up to date; the text says what to do."""


class Session(Protocol):
    """What a migration needs of a connection."""

    def run(self, sql: str, **parameters: Any) -> Sequence[Sequence[Any]]: ...


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run found and did."""

    version: int
    """The database's, now."""
    expected: int
    """The files' newest."""
    applied: tuple[str, ...] = ()
    extensions: dict[str, str] = field(default_factory=dict)


def migrate(session: Session, *, versions: Sequence[Version], extensions: Sequence[str]) -> Outcome:
    """Bring the database to the newest version, or leave it at the last one that worked and raise."""
    session.run("select pg_advisory_lock(:key)", key=LOCK)  # until the session ends
    for name in extensions:
        create_extension(session, name)
    session.run(_HISTORY)
    known = _history(session)
    _refuse_edited(versions, known)
    fresh = [version for version in versions if version.number not in known]
    for version in fresh:
        _apply(session, version)
    return Outcome(
        version=max(known.keys() | {version.number for version in versions}),
        expected=versions[-1].number,
        applied=tuple(version.file_name for version in fresh),
        extensions=_installed(session, extensions),
    )


def create_extension(session: Session, name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        raise MigrationError(f"{name!r} is not the name of an extension")
    session.run(f'create extension if not exists "{name}"')


def _history(session: Session) -> dict[int, tuple[str, str]]:
    rows = session.run("select version, name, checksum from schema_version order by version")
    return {int(version): (str(name), str(checksum)) for version, name, checksum in rows}


def _refuse_edited(versions: Sequence[Version], known: dict[int, tuple[str, str]]) -> None:
    for version in versions:
        if version.number in known and known[version.number] != (version.name, version.checksum):
            raise MigrationError(
                f"{version.file_name} was applied to this database with other content (or another name): "
                "put the file back as it was and make the change in a new version"
            )


def _apply(session: Session, version: Version) -> None:
    session.run("begin")
    try:
        before = _transaction(session)
        session.run(version.sql)
        if _transaction(session) != before:
            raise MigrationError("it ends its own transaction; leave begin, commit and rollback out")
        session.run(
            "insert into schema_version (version, name, checksum) values (:version, :name, :checksum)",
            version=version.number,
            name=version.name,
            checksum=version.checksum,
        )
        session.run("commit")
    except MigrationError as error:
        session.run("rollback")
        raise MigrationError(f"{version.file_name}: {error}") from error


def _transaction(session: Session) -> str:
    return str(session.run("select pg_current_xact_id()::text")[0][0])


def _installed(session: Session, wanted: Sequence[str]) -> dict[str, str]:
    rows = session.run("select extname, extversion from pg_extension order by extname")
    found = {str(name): str(version) for name, version in rows}
    return {name: found[name] for name in wanted}
