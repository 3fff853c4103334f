"""The migrator makes the logins: their passwords, their limits, and the change of owner."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from blocks.schema_migration.handler.migrator import __main__ as command
from blocks.schema_migration.handler.migrator.database import Login as MigratorLogin
from blocks.schema_migration.handler.migrator.database import VerifiedSession, connect
from blocks.schema_migration.handler.migrator.files import read_versions
from blocks.schema_migration.handler.migrator.migration import MigrationError, migrate
from blocks.schema_migration.handler.migrator.roles import Role, prepare, verifier
from rehearsal.postgres.distribution import EXTENSIONS
from rehearsal.postgres.login import Login
from stacks.second_brain.logins import OWNER, ROLES
from tests.logins import deploy, signed_in

PASSWORD = "a 'quoted' \\ password; --"


class Recorded:
    """A session that remembers what it sent."""

    def __init__(self, session: VerifiedSession) -> None:
        self._session = session
        self.sent: list[str] = []

    def run(self, sql: str, **parameters: Any) -> Sequence[Sequence[Any]]:
        self.sent.append(f"{sql} {parameters}")
        return self._session.run(sql, **parameters)


def test_a_password_reaches_the_server_as_its_verifier_only(database: Login) -> None:
    with connect(MigratorLogin.of_dsn(database.dsn)) as connected:
        session = Recorded(connected)
        app = Role(name="t_app", password=PASSWORD, connections=3)
        prepare(session, extensions=(), owner=Role(name="t_owner"), logins=[app])
    assert not [statement for statement in session.sent if "quoted" in statement]
    assert any("SCRAM-SHA-256$4096:" in statement for statement in session.sent)
    login = replace(database, user="t_app", password=PASSWORD)
    with psycopg.connect(login.dsn) as signed:
        assert signed.execute("select rolconnlimit from pg_roles where rolname = 't_app'").fetchone() == (3,)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(replace(login, password="another").dsn)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(replace(login, user="t_owner").dsn)


def test_a_verifier_is_another_each_time() -> None:
    assert verifier(PASSWORD) != verifier(PASSWORD)


def test_a_changed_password_replaces_the_one_before(database: Login) -> None:
    for password in ("first", "second"):
        with connect(MigratorLogin.of_dsn(database.dsn)) as session:
            app = Role(name="t_rotated", password=password)
            prepare(session, extensions=(), owner=Role(name="t_owner"), logins=[app])
    psycopg.connect(replace(database, user="t_rotated", password="second").dsn).close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(replace(database, user="t_rotated", password="first").dsn)


def test_a_role_with_more_rights_is_not_taken_over(database: Login) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as session:
        session.execute("create role t_powerful createdb")
    with (
        pytest.raises(MigrationError, match="t_powerful may do more than a login of ours should"),
        connect(MigratorLogin.of_dsn(database.dsn)) as migrator,
    ):
        prepare(migrator, extensions=(), owner=Role(name="t_owner"), logins=[Role(name="t_powerful")])


@pytest.mark.parametrize("name", ["", "Upper", 'x"; drop table families; --', "1st", "x" * 64])
def test_a_role_name_is_no_way_to_smuggle_sql(database: Login, name: str) -> None:
    with (
        pytest.raises(MigrationError, match="is not the name of a role"),
        connect(MigratorLogin.of_dsn(database.dsn)) as session,
    ):
        prepare(session, extensions=(), owner=Role(name="t_owner"), logins=[Role(name=name)])


def test_a_schema_from_before_the_logins_changes_hands_with_its_rows(
    database: Login, second_brain: Path, tmp_path: Path
) -> None:
    """The deployment that brings the logins: until now the master owned everything."""
    for file in sorted(second_brain.glob("*.sql"))[:6]:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with connect(MigratorLogin.of_dsn(database.dsn)) as session:
        migrate(session, versions=read_versions(tmp_path), extensions=EXTENSIONS)
        session.run("insert into families (name) values ('kept')")
        session.run("create type mood as enum ('fine')")
        session.run("create sequence numbers")
    assert deploy(database).applied == tuple(file.name for file in sorted(second_brain.glob("*.sql"))[6:])
    with psycopg.connect(signed_in(database, OWNER).dsn) as owner:
        owner.execute("alter table families add column more text")
        owner.execute("alter type mood add value 'better'")
        owner.execute("alter sequence numbers restart")
        owner.execute("create or replace function is_time_zone(name text) returns boolean return false")
        owner.rollback()
    with psycopg.connect(database.dsn) as master:
        assert master.execute("select name from families").fetchall() == [("kept",)]


def test_by_hand_with_roles_that_nobody_can_sign_in_as_yet(
    database: Login, second_brain: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logins = [argument for role in ROLES for argument in ("--login", role)]
    extensions = [argument for name in EXTENSIONS for argument in ("--extension", name)]
    arguments = ["--schema", str(second_brain), "--dsn", database.dsn, "--owner", OWNER]
    assert command.main([*arguments, *logins, *extensions]) == 0
    assert json.loads(capsys.readouterr().out)["version"] == len(list(second_brain.glob("*.sql")))
    with psycopg.connect(database.dsn) as session:
        query = sql.SQL("select relowner::regrole::text from pg_class where relname = 'entities'")
        assert session.execute(query).fetchone() == (OWNER,)
