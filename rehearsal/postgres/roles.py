"""The roles of an RDS PostgreSQL, with a master user who has many rights but is no superuser."""

from typing import LiteralString

import psycopg
from psycopg import sql

Session = psycopg.Connection[tuple[object, ...]]

_RDS_ROLES = ("rds_superuser", "rds_replication", "rds_password", "rds_iam")
_GRANTED: LiteralString = (
    "grant pg_monitor, pg_signal_backend, pg_checkpoint, rds_replication, rds_password "
    "to rds_superuser with admin option"
)


def ensure_master(session: Session, *, user: str, password: str, superuser: bool) -> None:
    """Create the master user, or set the password of an existing one."""
    for role in _RDS_ROLES:
        if not _exists(session, "select 1 from pg_roles where rolname = %s", role):
            session.execute(sql.SQL("create role {}").format(sql.Identifier(role)))
    session.execute(_GRANTED)
    if not _exists(session, "select 1 from pg_roles where rolname = %s", user):
        _create_master(session, user=user, superuser=superuser)
    session.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(user), sql.Literal(password)))


def ensure_database(session: Session, *, database: str, owner: str) -> None:
    """Create the instance's first database with the master user as its owner."""
    if _exists(session, "select 1 from pg_database where datname = %s", database):
        return
    session.execute(
        sql.SQL("create database {} owner {}").format(sql.Identifier(database), sql.Identifier(owner))
    )


def databases(session: Session) -> tuple[str, ...]:
    """The databases without templates."""
    rows = session.execute("select datname from pg_database where not datistemplate order by datname")
    return tuple(str(row[0]) for row in rows)


def _create_master(session: Session, *, user: str, superuser: bool) -> None:
    privilege = sql.SQL("superuser" if superuser else "nosuperuser")
    statement = sql.SQL("create role {} login createdb createrole {} in role rds_superuser")
    session.execute(statement.format(sql.Identifier(user), privilege))
    # As on RDS: the master user owns the database `postgres`, and so may create extensions in it.
    session.execute(sql.SQL("alter database postgres owner to {}").format(sql.Identifier(user)))


def _exists(session: Session, query: LiteralString, name: str) -> bool:
    return session.execute(query, (name,)).fetchone() is not None
