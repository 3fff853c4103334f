"""What each login may do: the table of grants against the server's answer, and against real attempts.

A privilege that is added to a schema file and not to the table below fails here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
import pytest
from psycopg import errors, sql

from rehearsal.postgres.login import Login
from stacks.second_brain.logins import LOGIN_OF, OWNER, RESERVED, ROLES, logins, owner
from tests.logins import signed_in

Session = psycopg.Connection[tuple[Any, ...]]
VERBS = ("select", "insert", "update", "delete")
TABLES = (
    "account_codes",
    "briefings",
    "calendar_events",
    "entities",
    "external_accounts",
    "external_calendars",
    "families",
    "family_invitations",
    "invitation_uses",
    "link_attempts",
    "link_states",
    "reminders",
    "schema_version",
    "users",
    "voice_notes",
)
GRANTED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "sb_api": {
        "entities": ("select", "insert"),
        "calendar_events": ("select", "insert"),
        "reminders": ("select",),
        "briefings": ("select", "insert", "update(text)"),
        "external_accounts": ("select", "delete"),
        "voice_notes": ("select", "insert"),
    },
    "sb_discord": {
        "entities": ("select", "insert"),
        "calendar_events": ("select",),
        "reminders": ("select",),
        "briefings": ("select", "insert", "update(text)"),
        "link_attempts": ("select", "insert", "update", "delete"),
    },
    "sb_alexa": {
        "entities": ("select", "insert"),
        "calendar_events": ("select",),
        "reminders": ("select",),
        "briefings": ("select", "insert", "update(text)"),
    },
    "sb_jobs": {
        "reminders": ("select", "update(sent_at)"),
        "briefings": ("select", "insert", "update(text)", "update(dispatched_at)"),
        "external_calendars": (
            "select",
            "update(last_synced_at)",
            "update(etag)",
            "update(last_error)",
        ),
        "calendar_events": (
            "select",
            "insert",
            "update(title)",
            "update(during)",
            "update(updated_at)",
            "delete",
        ),
    },
    "sb_voice": {
        "entities": ("select", "insert"),
        "voice_notes": ("select", "update(state)", "update(reason)"),
    },
    "sb_cleanup": {},
    "sb_agent": {"calendar_events": ("insert",), "reminders": ("insert",)},
}
_HELD = """
    select privilege from unnest(array['select', 'insert', 'update', 'delete']) as verbs (privilege)
        where has_table_privilege(%(role)s, %(table)s, privilege)
    union all
    select 'update(' || attname || ')' from pg_attribute
        where attrelid = %(table)s::regclass and attnum > 0 and not attisdropped
            and has_column_privilege(%(role)s, %(table)s, attname, 'update')
            and not has_table_privilege(%(role)s, %(table)s, 'update')
"""


@pytest.fixture
def master(brain: Login) -> Iterator[Session]:
    with psycopg.connect(brain.dsn, autocommit=True) as session:
        yield session


def test_the_table_names_every_login_and_every_table(master: Session) -> None:
    """Otherwise a new one would be free of what follows."""
    assert set(GRANTED) == set(ROLES) == set(LOGIN_OF.values())
    ours = b"""select relname from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
            and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e') order by 1"""
    assert tuple(row[0] for row in master.execute(ours)) == TABLES


@pytest.mark.parametrize("role", ROLES)
def test_a_login_holds_what_the_table_says_and_nothing_else(master: Session, role: str) -> None:
    for table in TABLES:
        rows = master.execute(_HELD.encode(), {"role": role, "table": table}).fetchall()
        held = sorted(row[0] for row in rows)
        assert held == sorted(GRANTED[role].get(table, ())), table
        for other in ("truncate", "references", "trigger"):
            query = b"select has_table_privilege(%s, %s, %s)"
            assert master.execute(query, (role, table, other)).fetchone() == (False,), (table, other)


@pytest.mark.parametrize("role", ROLES)
def test_what_is_not_granted_is_refused_when_it_is_tried(brain: Login, role: str) -> None:
    with psycopg.connect(signed_in(brain, role).dsn, autocommit=True) as session:
        for table in TABLES:
            granted = GRANTED[role].get(table, ())
            for verb in VERBS:
                allowed = any(privilege.startswith(verb) for privilege in granted)
                assert attempt(session, verb, table, granted) is allowed, (verb, table)


def attempt(session: Session, verb: str, table: str, granted: tuple[str, ...]) -> bool:
    """Whether the server admits the statement; none of them reaches a row."""
    column = next((name[7:-1] for name in granted if name.startswith("update(")), None) or any_column(
        session, table
    )
    statements = {
        "select": "select from {table} where false",
        "insert": "insert into {table} default values",
        "update": "update {table} set {column} = default where false",
        "delete": "delete from {table} where false",
    }
    parts = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
    try:
        session.execute(sql.SQL(statements[verb]).format(**parts))
    except errors.InsufficientPrivilege as refused:
        return "row-level security" in str(refused)  # which is asked after the privilege
    except errors.IntegrityError:
        return True
    return True


def any_column(session: Session, table: str) -> str:
    query = b"select attname from pg_attribute where attrelid = %s::regclass and attnum = 1"
    row = session.execute(query, (table,)).fetchone()
    assert row
    return str(row[0])


def test_no_login_may_do_more_than_sign_in(master: Session) -> None:
    query = b"""select rolname from pg_roles where rolname = any(%s) and rolcanlogin
        and not (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls) order by 1"""
    found = [row[0] for row in master.execute(query, ([OWNER, *ROLES],))]
    assert found == sorted((OWNER, *ROLES))
    query = b"""select member::regrole::text, roleid::regrole::text from pg_auth_members
        where member::regrole::text = any(%s)"""
    assert master.execute(query, ([OWNER, *ROLES],)).fetchall() == [], "a login is a member of a role"


def test_only_the_migrator_owns_anything(master: Session) -> None:
    query = b"""select relname, relowner::regrole::text from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S')
            and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e')"""
    owners: dict[str, str] = dict(master.execute(query).fetchall())
    assert set(owners) == set(TABLES)
    assert set(owners.values()) == {OWNER}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "statement",
    [
        "create table mine (id int)",
        "create temporary table mine (id int)",
        "create schema mine",
        "create role mine",
        "set role sb_migrator",
        "alter table users disable trigger all",
        "drop table entities",
        "alter table entities owner to current_user",
        "copy users to program 'id'",
        "select pg_read_file('/etc/passwd')",
        "select rolpassword from pg_authid",
    ],
)
def test_a_login_cannot_help_itself_to_more(migrated: Login, role: str, statement: str) -> None:
    with (
        psycopg.connect(signed_in(migrated, role).dsn, autocommit=True) as session,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        session.execute(statement.encode())


def test_a_stranger_cannot_connect(migrated: Login, master: Session) -> None:
    """A role that somebody else makes on the same instance."""
    password = sql.Literal(migrated.password)
    master.execute(sql.SQL("create role stranger login password {}").format(password))
    try:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(signed_in(migrated, "stranger").dsn)
    finally:
        master.execute("drop role stranger")


def test_a_version_that_signs_in_as_the_master_still_works(master: Session) -> None:
    """What a roll-back to the version before the logins does, on tables that are not the master's."""
    master.execute("insert into families (name) values ('kept')")
    master.execute("insert into users (family_id, subject) select id, 'ann' from families")
    assert master.execute("select subject from users").fetchall() == [("ann",)]
    master.execute("update users set display_name = 'Ann'")
    assert master.execute("delete from families returning name").fetchall() == [("kept",)]


@pytest.mark.parametrize("size", [30, 31, 50, 87, 100, 5000])
def test_the_limits_leave_room_for_a_person(size: int) -> None:
    shapes = [owner(), *logins(max_connections=size)]
    assert sum(shape.connections for shape in shapes) <= size - RESERVED
    assert all(shape.connections >= 1 for shape in shapes)
