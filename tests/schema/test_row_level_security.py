"""A forgotten `where` finds nothing: the server shows a session the rows of its family and no others.

Each statement of the store is run with its family condition taken out, as another family. So that no
statement passes because it is broken, each is also run as the family whose rows it asks for.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import errors, sql

from rehearsal.postgres.login import Login
from stacks.second_brain.logins import OWNER, ROLES
from tests.logins import signed_in
from tests.schema import statements
from tests.schema.test_logins import TABLES

Session = psycopg.Connection[tuple[Any, ...]]
SHARED = {"link_attempts", "link_states", "schema_version"}
"""Tables of no family: what they hold is nobody's yet, or everybody's."""
GUARDED = tuple(table for table in TABLES if table not in SHARED)
MEANING = json.dumps([1.0, *[0.0] * 1023])
WHEN = ("2026-01-01 00:00Z", "2027-01-01 00:00Z")
CODE = bytes(32)
NOON, LATER = "2026-11-20 12:00Z", "2026-11-20 13:00Z"


@dataclass(frozen=True)
class Home:
    """A family with one of everything."""

    family: uuid.UUID
    user: uuid.UUID
    note: uuid.UUID
    reminder: uuid.UUID
    calendar: uuid.UUID
    link: uuid.UUID
    voice: uuid.UUID
    invitation: uuid.UUID


@pytest.fixture
def master(brain: Login) -> Iterator[Session]:
    with psycopg.connect(brain.dsn, autocommit=True) as session:
        yield session


@pytest.fixture
def ann(master: Session) -> Home:
    return furnished(master)


@pytest.fixture
def bob(master: Session) -> Home:
    return furnished(master)


def furnished(master: Session) -> Home:
    family, user = uuid.uuid4(), uuid.uuid4()

    def add(query: str, *values: object) -> uuid.UUID:
        row = master.execute(query.encode(), values).fetchone()
        assert row
        return uuid.UUID(str(row[0]))

    add("insert into families (id) values (%s) returning id", family)
    add(
        "insert into users (id, family_id, subject) values (%s, %s, %s) returning id", user, family, str(user)
    )
    calendar = add(
        "insert into external_calendars (family_id, user_id, url) values (%s, %s, 'https://c') returning id",
        family,
        user,
    )
    add(
        "insert into calendar_events (family_id, user_id, title, during)"
        " values (%s, %s, 'Piano', %s) returning id",
        family,
        user,
        f"[{NOON}, {LATER})",
    )
    add(
        "insert into calendar_events (family_id, user_id, title, during, external_calendar_id, external_id)"
        " values (%s, %s, 'Copied', %s, %s, '1') returning id",
        family,
        user,
        f"[{NOON}, {LATER})",
        calendar,
    )
    add(
        "insert into briefings (family_id, user_id, day, text)"
        " values (%s, %s, '2026-11-20', 'x') returning id",
        family,
        user,
    )
    return Home(
        family=family,
        user=user,
        note=add(
            "insert into entities (family_id, kind, title, body, embedding)"
            " values (%s, 'note', 'Boiler', 'Serviced in May', %s::vector) returning id",
            family,
            MEANING,
        ),
        reminder=add(
            "insert into reminders (family_id, user_id, text, due_at)"
            " values (%s, %s, 'Milk', %s) returning id",
            family,
            user,
            NOON,
        ),
        calendar=calendar,
        link=add(
            "insert into external_accounts (family_id, user_id, provider, external_id, username,"
            " linked_family) values (%s, %s, 'discord', %s, 'u', %s) returning id",
            family,
            user,
            str(user),
            family,
        ),
        voice=add(
            "insert into voice_notes (id, family_id, user_id, content_type, bytes)"
            " values (gen_random_uuid(), %s, %s, 'audio/mpeg', 1) returning id",
            family,
            user,
        ),
        invitation=add(
            "insert into family_invitations (family_id, created_by, code_hash, role, uses_left, expires_at)"
            " values (%s, %s, %s, 'member', 1, now() + interval '7 days') returning id",
            family,
            user,
            code_of(family, user),
        ),
    )


def code_of(family: uuid.UUID, user: uuid.UUID) -> bytes:
    """The hash of the code that invites into this family."""
    return family.bytes + user.bytes


@contextmanager
def transaction(brain: Login, role: str, family: uuid.UUID | None) -> Iterator[psycopg.RawCursor[Any]]:
    """As a function's connection has it; rolled back."""
    with psycopg.connect(signed_in(brain, role).dsn) as session:
        if family:
            session.execute(sql.SQL("set local app.family = {}").format(sql.Literal(str(family))))
        yield psycopg.RawCursor(session)
        session.rollback()


def test_every_table_of_a_family_is_guarded(master: Session) -> None:
    """A new table with a family_id and no policy fails here."""
    query = b"""select relname, relrowsecurity and relforcerowsecurity,
            (select array_agg(polname::text order by polname) from pg_policy where polrelid = pg_class.oid)
        from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
            and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e')"""
    found = {name: (forced, policies) for name, forced, policies in master.execute(query)}
    assert {name for name, (forced, _) in found.items() if forced} == set(GUARDED)
    guards = {name for name, (_, policies) in found.items() if set(policies or ()) == {"own_family", "owner"}}
    assert guards == set(GUARDED)


READ: Mapping[str, tuple[str, Callable[[Home, Home], list[object]]]] = {
    "briefings.LAST": ("sb_api", lambda home, to: [home.family, to.user]),
    "entities.SEARCH": ("sb_api", lambda *_: [MEANING, "boiler", None, None, 10]),
    "entities.READ": ("sb_api", lambda home, to: [home.family, to.note]),
    "events.LIST": ("sb_api", lambda home, to: [home.family, to.user, *WHEN]),
    "events.REMINDERS": ("sb_api", lambda home, to: [home.family, to.user, *WHEN]),
    "families.MEMBERS": ("sb_api", lambda _, to: [to.user]),
    "families.FOUND": ("sb_api", lambda _, to: [to.user, "Taken over"]),
    "families.INVITE": ("sb_api", lambda _, to: [to.user, CODE, "member", None, 1, 7]),
    "families.INVITATIONS": ("sb_api", lambda _, to: [to.user]),
    "families.WITHDRAW": ("sb_api", lambda _, to: [to.user, to.invitation]),
    "families.COUNT_TRY": ("sb_api", lambda _, to: [to.user]),
    "families.JOIN": (
        "sb_api",
        lambda home, to: [to.user, code_of(home.family, home.user), None, True, False],
    ),
    "families.LEAVE": ("sb_api", lambda _, to: [to.user, True, False]),
    "families.REMOVE": ("sb_api", lambda _, to: [to.user, to.user, False]),
    "accounts.OFFER": ("sb_api", lambda _, to: [to.user, CODE, "google"]),
    "accounts.TYPE": ("sb_api", lambda _, to: [to.user, CODE, "google", False]),
    "accounts.CONFIRM": ("sb_api", lambda home, to: [to.user, home.user]),
    "accounts.ACCOUNTS": ("sb_api", lambda _, to: [to.user]),
    "accounts.UNLINK": ("sb_api", lambda home, to: [to.user, home.user]),
    "families.CHANGE_ROLE": ("sb_api", lambda _, to: [to.user, to.user, "child"]),
    "links.LIST": ("sb_api", lambda home, to: [home.family, to.user]),
    "links.END": ("sb_api", lambda home, to: [to.link, home.family, to.user]),
    "voice_notes.READ": ("sb_api", lambda home, to: [home.family, to.user, to.voice]),
    "voice_notes.ADVANCE": ("sb_voice", lambda home, to: [home.family, to.voice, "kept", None]),
    "reminders.CLAIM": ("sb_jobs", lambda _, to: [to.reminder, NOON]),
    "calendars.PRUNE": ("sb_jobs", lambda _, to: [to.calendar, ["2"], NOON]),
    "calendars.SYNCED": ("sb_jobs", lambda _, to: [to.calendar, NOON, "etag"]),
    "calendars.FAILED": ("sb_jobs", lambda _, to: [to.calendar, NOON, "reason"]),
    "calendars.UPSERT": ("sb_jobs", lambda _, to: [to.calendar, ["9"], ["t"], [NOON], [LATER]]),
}
"""Statements that find rows: who runs them, and how `home` asks for what belongs to `to`."""
WRITE: Mapping[str, tuple[str, Callable[[Home], list[object]]]] = {
    "briefings.KEEP": ("sb_api", lambda to: [to.family, to.user, "2026-11-20", "mine"]),
    "briefings.CLAIM": ("sb_jobs", lambda to: [to.family, to.user, "2026-11-20", "mine", NOON]),
    "entities.INSERT": (
        "sb_api",
        lambda to: [uuid.uuid4(), to.family, to.user, "note", "t", "b", MEANING, None, None, None],
    ),
    "voice_notes.BEGIN": (
        "sb_api",
        lambda to: [uuid.uuid4(), to.family, to.user, "audio/mpeg", 1],
    ),
    "events.INSERT": ("sb_api", lambda to: [to.family, to.user, "t", LATER, "2026-11-20 14:00Z"]),
}
"""Statements that add rows, and the values with which they would add one to the family of `to`."""


def test_every_statement_is_below() -> None:
    assert set(statements.of_families()) == {*READ, *WRITE}


@pytest.mark.parametrize("name", READ)
def test_a_forgotten_condition_finds_nothing_of_another_family(
    brain: Login, ann: Home, bob: Home, name: str
) -> None:
    role, values = READ[name]
    forgetful = statements.without_family(statements.of_families()[name])
    with transaction(brain, role, bob.family) as cursor:
        assert touched(cursor, forgetful, values(bob, bob)) > 0, "it does not even find one's own"
    with transaction(brain, role, ann.family) as cursor:
        found = touched(cursor, forgetful, values(ann, bob))
        if name == "entities.SEARCH":
            assert [row[0] for row in cursor.fetchall()] == [ann.note]
        else:
            assert found == 0
    with transaction(brain, role, None) as cursor:
        assert touched(cursor, forgetful, values(ann, bob)) == 0, "without a family"


def touched(cursor: psycopg.RawCursor[Any], statement: str, values: Sequence[object]) -> int:
    cursor.execute(statement.encode(), values)
    return cursor.rowcount


@pytest.mark.parametrize("name", WRITE)
def test_nothing_is_added_to_another_family(brain: Login, ann: Home, bob: Home, name: str) -> None:
    role, values = WRITE[name]
    statement = statements.of_families()[name].encode()
    with transaction(brain, role, bob.family) as cursor:
        cursor.execute(statement, values(bob))
        assert cursor.rowcount == 1, "it does not even add to one's own"
    for family in (ann.family, None):
        with (
            transaction(brain, role, family) as cursor,
            pytest.raises(errors.InsufficientPrivilege, match="row-level security"),
        ):
            cursor.execute(statement, values(bob))


@pytest.mark.parametrize("role", ROLES)
def test_a_login_sees_the_family_of_its_transaction_only(
    brain: Login, master: Session, ann: Home, bob: Home, role: str
) -> None:
    readable = [table for table in GUARDED if may_select(master, role, table)]
    for table in readable:
        key = sql.Identifier("id" if table == "families" else "family_id")
        query = sql.SQL("select distinct {} from {}").format(key, sql.Identifier(table)).as_string()
        for family, seen in ((ann.family, [(ann.family,)]), (None, [])):
            with transaction(brain, role, family) as cursor:
                assert cursor.execute(query.encode()).fetchall() == seen, table


def may_select(master: Session, role: str, table: str) -> bool:
    row = master.execute(b"select has_table_privilege(%s, %s, 'select')", (role, table)).fetchone()
    return bool(row and row[0])


def test_a_family_ends_with_its_transaction(brain: Login, ann: Home) -> None:
    with psycopg.connect(signed_in(brain, "sb_api").dsn, autocommit=True) as session:
        with session.transaction():
            session.execute(sql.SQL("set local app.family = {}").format(sql.Literal(str(ann.family))))
            assert session.execute("select title from entities").fetchall() == [("Boiler",)]
        assert session.execute("select title from entities").fetchall() == []
        assert session.execute("select current_family()").fetchone() == (None,)


def test_a_family_that_is_no_id_is_an_error_and_not_everybody(brain: Login, ann: Home) -> None:
    with psycopg.connect(signed_in(brain, "sb_api").dsn) as session:
        session.execute("set local app.family = 'or true'")
        with pytest.raises(errors.InvalidTextRepresentation):
            session.execute("select title from entities")


def test_what_names_no_family_reaches_no_table_of_families() -> None:
    """`outside_families.rs` calls functions, and works on attempts at a link."""
    found = statements.outside_families()
    assert len(found) >= 20
    for name, text in found.items():
        targets = re.findall(r"\b(?:from|into|join|update)\s+([a-z_]+)(\(?)", text)
        tables = {target for target, call in targets if not call and target != "set"}
        assert tables <= {"link_attempts"}, name


def test_every_statement_of_the_store_is_in_one_of_the_two_lists() -> None:
    """No text that looks like SQL stands anywhere else in the store."""
    for file in statements.STORE.glob("*.rs"):
        if file.stem == statements.OUTSIDE:
            continue
        text = file.read_text()
        for known in statements.of_families().values():
            text = text.replace(known, "")
        assert not re.search(r'"\s*(select|insert into|update|delete from|with) ', text), file.name


FUNCTIONS = {
    "search_entities": {"sb_api", "sb_discord", "sb_alexa", "sb_agent"},
    "find_user": {"sb_api", "sb_discord", "sb_alexa"},
    "enter_user": {"sb_api", "sb_discord"},
    "linked_person": {"sb_discord"},
    "complete_link": {"sb_discord"},
    "end_links": {"sb_discord"},
    "briefing_hours": {"sb_jobs"},
    "waiting_for_briefing": {"sb_jobs"},
    "due_reminders": {"sb_jobs"},
    "calendars_to_sync": {"sb_jobs"},
    "agent_knows": {"sb_agent"},
    "agent_note": {"sb_agent"},
    "agent_recent": {"sb_agent"},
    "agent_near": {"sb_agent"},
    "agent_events": {"sb_agent"},
    "agent_reminders": {"sb_agent"},
    "find_voice_note": {"sb_voice"},
    "family_members": {"sb_api"},
    "found_family": {"sb_api"},
    "invite": {"sb_api"},
    "open_invitations": {"sb_api"},
    "withdraw_invitation": {"sb_api"},
    "count_code_try": {"sb_api"},
    "join_family": {"sb_api"},
    "leave_family": {"sb_api"},
    "remove_member": {"sb_api"},
    "change_role": {"sb_api"},
    "linked_person_of": {"sb_discord"},
    "offer_account_code": {"sb_api"},
    "type_account_code": {"sb_api"},
    "confirm_account": {"sb_api"},
    "accounts_of": {"sb_api"},
    "unlink_account": {"sb_api"},
    "agent_family": {"sb_agent"},
    "agent_invite": {"sb_agent"},
    "agent_count_try": {"sb_agent"},
    "agent_join": {"sb_agent"},
    "clean_up": {"sb_cleanup"},
    "forget_family": {"sb_cleanup"},
}
"""Functions that run as the owner, and who may call them."""


def test_functions_of_the_owner_are_for_those_who_need_them(master: Session) -> None:
    query = b"""select proname, proconfig::text,
            array(select name from unnest(%s::text[]) as roles (name)
                where has_function_privilege(name, pg_proc.oid, 'execute'))
        from pg_proc where prosecdef and pronamespace = 'public'::regnamespace
            and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')"""
    found = master.execute(query, (list(ROLES),)).fetchall()
    assert {name: set(roles) for name, _, roles in found} == FUNCTIONS
    for name, configuration, _ in found:
        assert "search_path=pg_catalog, public, pg_temp" in configuration, name


def test_the_search_still_uses_its_indexes(brain: Login, ann: Home) -> None:
    """Under row-level security no index serves `ilike` or `<%`; the search runs as the owner for that."""
    with psycopg.connect(signed_in(brain, OWNER).dsn, options="-c enable_seqscan=off") as session:
        row = session.execute("select prosrc from pg_proc where proname = 'search_entities'").fetchone()
        assert row
        body = str(row[0])
        given = {
            "$1": f"'{MEANING}'::vector",
            "$2": "'boiler'",
            "$3": "'serviced'",
            "$4": "'may'",
            "$5": "10",
        }
        for name, value in given.items():
            body = body.replace(name, value)
        session.execute("drop index entities_by_family")  # the cheaper one for so few rows
        plan = str(session.execute(f"explain {body}".encode()).fetchall())
        session.rollback()
    assert plan.count("entities_by_spelling") >= 6, "each of three words, in titles and in bodies"
    assert "entities_by_meaning" in plan
