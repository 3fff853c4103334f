"""What Second Brain's schema keeps from happening, whatever a handler does."""

import hashlib
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import errors

from rehearsal.postgres.login import Login

EVENT = "insert into calendar_events (family_id, user_id, title, during) values (%s, %s, 'x', %s)"
Session = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def session(brain: Login) -> Iterator[Session]:
    with psycopg.connect(brain.dsn, autocommit=True) as found:
        yield found


def one(session: Session, query: str, *values: object) -> Any:
    row = session.execute(query.encode(), values).fetchone()
    return row and row[0]


def family(session: Session) -> uuid.UUID:
    found: uuid.UUID = one(session, "insert into families default values returning id")
    return found


def user(session: Session, family_id: uuid.UUID, **more: object) -> uuid.UUID:
    columns = {"family_id": family_id, "subject": str(uuid.uuid4()), **more}
    names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    query = f"insert into users ({names}) values ({marks}) returning id"  # noqa: S608 - names of this file
    found: uuid.UUID = one(session, query, *columns.values())
    return found


@pytest.mark.parametrize(
    "zone", ["Europe/Zurich", "UTC", "America/Argentina/Buenos_Aires", "Pacific/Chatham"]
)
def test_real_time_zones_are_taken(session: Session, zone: str) -> None:
    user(session, family(session), time_zone=zone)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "XYZ+3", "", "europe"])
def test_other_time_zones_are_not(session: Session, zone: str) -> None:
    with pytest.raises(errors.CheckViolation):
        user(session, family(session), time_zone=zone)


def test_rows_never_mix_families(session: Session) -> None:
    stranger = user(session, family(session))
    with pytest.raises(errors.ForeignKeyViolation):
        session.execute(EVENT.encode(), (family(session), stranger, "[2026-01-01, 2026-01-02)"))


def test_events_of_one_person_do_not_overlap(session: Session) -> None:
    home = family(session)
    person, other = user(session, home), user(session, home)
    session.execute(EVENT.encode(), (home, person, "[2026-01-01 10:00Z, 2026-01-01 11:00Z)"))
    session.execute(EVENT.encode(), (home, person, "[2026-01-01 11:00Z, 2026-01-01 12:00Z)"))
    session.execute(EVENT.encode(), (home, other, "[2026-01-01 10:00Z, 2026-01-01 11:00Z)"))
    with pytest.raises(errors.ExclusionViolation):
        session.execute(EVENT.encode(), (home, person, "[2026-01-01 10:59Z, 2026-01-01 11:01Z)"))


def test_copied_events_may_overlap_and_are_upserted_by_external_id(session: Session) -> None:
    home = family(session)
    person = user(session, home)
    feed = (
        "insert into external_calendars (family_id, user_id, url) values (%s, %s, 'https://c') returning id"
    )
    calendar = one(session, feed, home, person)
    copy = (
        "insert into calendar_events (family_id, user_id, title, during, external_calendar_id, external_id) "
        "values (%s, %s, %s, '[2026-01-01 10:00Z, 2026-01-01 11:00Z)', %s, %s) "
        "on conflict (external_calendar_id, external_id) do update set title = excluded.title"
    )
    for title, external in (("a", "1"), ("b", "2"), ("renamed", "1")):
        session.execute(copy.encode(), (home, person, title, calendar, external))
    titles = session.execute("select title from calendar_events order by external_id").fetchall()
    assert titles == [("renamed",), ("b",)]


@pytest.mark.parametrize(
    "during",
    ["empty", "[2026-01-01,)", "(,2026-01-01)", "[2026-01-01,infinity)", "[2026-01-01,2026-01-02]"],
)
def test_events_have_a_beginning_and_an_end(session: Session, during: str) -> None:
    home = family(session)
    with pytest.raises(errors.CheckViolation):
        session.execute(EVENT.encode(), (home, user(session, home), during))


def test_one_briefing_for_a_person_and_a_day(session: Session) -> None:
    home = family(session)
    values = (home, user(session, home))
    insert = "insert into briefings (family_id, user_id, day, text) values (%s, %s, '2026-01-01', 'x')"
    session.execute(insert.encode(), values)
    with pytest.raises(errors.UniqueViolation):
        session.execute(insert.encode(), values)


def test_link_state_is_redeemed_once(session: Session) -> None:
    state = hashlib.sha256(b"state").digest()
    session.execute(
        b"insert into link_states (state_hash, provider, external_id, code_verifier, expires_at) "
        b"values (%s, 'discord', '1', repeat('v', 43), now() + interval '10 minutes')",
        (state,),
    )
    redeem = "delete from link_states where state_hash = %s and expires_at > now() returning external_id"
    assert [one(session, redeem, state), one(session, redeem, state)] == ["1", None]


def test_link_state_cannot_live_long(session: Session) -> None:
    with pytest.raises(errors.CheckViolation):
        session.execute(
            b"insert into link_states (state_hash, provider, external_id, code_verifier, expires_at) values "
            b"(sha256('x'), 'discord', '1', repeat('v', 43), now() + interval '1 day')"
        )


ATTEMPT = (
    "insert into link_attempts (provider, external_id, step, secret_hash{}) values ('discord', %s, %s, %s{})"
)


@pytest.mark.parametrize("step", ["opened", "signed_in", "confirmed", "made_up"])
def test_a_step_of_a_link_has_its_columns(session: Session, step: str) -> None:
    with pytest.raises(errors.CheckViolation):
        session.execute(ATTEMPT.format("", "").encode(), ("1", step, bytes(32)))


def test_an_account_has_one_link_attempt_which_cannot_live_long(session: Session) -> None:
    insert = ATTEMPT.format("", "").encode()
    session.execute(insert, ("1", "asked", bytes(32)))
    with pytest.raises(errors.UniqueViolation):
        session.execute(insert, ("1", "asked", hashlib.sha256(b"").digest()))
    later = ATTEMPT.format(", expires_at", ", now() + interval '11 minutes'").encode()
    with pytest.raises(errors.CheckViolation):
        session.execute(later, ("2", "asked", hashlib.sha256(b"").digest()))


def test_both_searches_use_their_index(session: Session) -> None:
    session.execute("set enable_seqscan = off")
    near = "select id from entities order by embedding <=> array_fill(0.1, array[1024])::vector limit 5"
    alike = "select id from entities where title % 'holiday' or body %> 'holiday'"
    for query, index in ((near, "entities_by_meaning"), (alike, "entities_by_spelling")):
        plan = session.execute(f"explain {query}".encode()).fetchall()
        assert index in str(plan)


def test_family_takes_everything_with_it(session: Session) -> None:
    home = family(session)
    person = user(session, home)
    session.execute(EVENT.encode(), (home, person, "[2026-01-01, 2026-01-02)"))
    session.execute("delete from families where id = %s", (home,))
    assert one(session, "select count(*) from calendar_events") == 0
