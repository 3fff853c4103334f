"""The scheduled functions as processes: counts, and nothing twice."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from rehearsal.postgres.login import Login
from tests.lambdas.conftest import Start
from tests.lambdas.events import Person, call
from tests.lambdas.runtime_api import Function
from tests.lambdas.stand_ins import Sent, StandIns

SUBSCRIBE = "insert into external_calendars (family_id, user_id, url) select family_id, id, %s from users"
WINDOW = {"from": "2026-01-01T00:00:00Z", "to": "2026-12-31T00:00:00Z"}


@pytest.fixture
def owner(database: Login) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def person(start: Start, owner: psycopg.Connection) -> Person:
    """The only person there is, so that counts are theirs."""
    owner.execute("truncate families cascade")
    person = Person()
    call(start("calendar"), "GET", "/calendar", person=person, query=WINDOW)
    return person


def run(function: Function) -> dict[str, int]:
    outcome = function.invoke({"source": "aws.events", "detail-type": "Scheduled Event"}, within=300)
    assert not outcome.failed, outcome.payload
    assert isinstance(outcome.payload, dict)
    return outcome.payload


def test_a_briefing_goes_out_once_in_its_hour(
    start: Start, stand_ins: StandIns, owner: psycopg.Connection, person: Person
) -> None:
    owner.execute("update users set briefing_hour = extract(hour from now() at time zone 'UTC')")
    dispatcher = start("briefing_dispatcher")
    assert run(dispatcher) == {"dispatched": 1}
    assert run(dispatcher) == {"dispatched": 0}
    (published,) = stand_ins.published()
    assert (published["type"], published["text"]) == ("briefing", "The agent's words.")


def test_a_due_reminder_goes_out_once(
    start: Start, stand_ins: StandIns, owner: psycopg.Connection, person: Person
) -> None:
    owner.execute(
        "insert into reminders (family_id, user_id, text, due_at)"
        " select family_id, id, 'Milk', now() from users"
    )
    evaluator = start("reminder_evaluator")
    stand_ins.answers.topic_status = 500
    assert evaluator.invoke({}).failed
    stand_ins.answers.topic_status = 200
    stand_ins.sent.clear()
    assert run(evaluator) == {"sent": 1}
    assert run(evaluator) == {"sent": 0}
    assert [message["text"] for message in stand_ins.published()] == ["Milk"]


def test_a_function_that_finds_the_lock_taken_does_nothing(
    start: Start, owner: psycopg.Connection, person: Person
) -> None:
    owner.execute("update users set briefing_hour = extract(hour from now() at time zone 'UTC')")
    owner.execute("select pg_advisory_lock(7300001)")
    assert run(start("briefing_dispatcher")) == {"dispatched": 0}
    owner.execute("select pg_advisory_unlock_all()")


def feed(*titles: str) -> bytes:
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{title}\r\nSUMMARY:{title}\r\nDTSTART:20991120T{hour:02}0000Z\r\nEND:VEVENT\r\n"
        for hour, title in enumerate(titles)
    )
    return f"BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n".replace("2099", _this_year()).encode()


def _this_year() -> str:
    return str(datetime.now(UTC).year)


def test_calendars_are_copied_and_one_that_fails_is_counted(
    start: Start, stand_ins: StandIns, owner: psycopg.Connection, person: Person
) -> None:
    def good(sent: Sent) -> tuple[int, dict[str, str], bytes]:
        if sent.headers.get("if-none-match") == '"v1"':
            return 304, {}, b""
        return 200, {"ETag": '"v1"'}, feed("Bins", "Piano")

    stand_ins.answers.feeds = {
        "/moved.ics": lambda _: (302, {"Location": "/good.ics"}, b""),
        "/good.ics": good,
        "/inside.ics": lambda _: (302, {"Location": "http://169.254.169.254/latest/"}, b""),
        "/loop.ics": lambda _: (302, {"Location": "/loop.ics"}, b""),
        "/html.ics": lambda _: (200, {}, b"<html></html>"),
        "/huge.ics": lambda _: (200, {}, b"BEGIN:VCALENDAR\r\n" + b"x" * (5 << 20)),
        "/broken.ics": lambda _: (500, {}, b""),
    }
    localhost = stand_ins.url.replace("127.0.0.1", "localhost")
    for url in (
        *(localhost + path for path in stand_ins.answers.feeds if path != "/good.ics"),
        stand_ins.url,
    ):
        owner.execute(
            "insert into external_calendars (family_id, user_id, url) select family_id, id, %s from users",
            [url],
        )
    sync = start("calendar_sync", CALENDAR_TRUSTED_HOSTS="localhost")
    assert run(sync) == {"synced": 1, "failed": 6}
    assert run(sync) == {"synced": 1, "failed": 6}
    titles = owner.execute("select title from calendar_events order by title").fetchall()
    assert titles == [("Bins",), ("Piano",)]
    reasons: dict[str, str | None] = dict(
        owner.execute("select url, last_error from external_calendars").fetchall()
    )
    assert "public internet" in str(reasons[stand_ins.url])
    assert "public internet" in str(reasons[f"{localhost}/inside.ics"])
    assert "larger than" in str(reasons[f"{localhost}/huge.ics"])
    assert reasons[f"{localhost}/moved.ics"] is None


def test_a_name_for_this_machine_is_not_followed(
    start: Start, stand_ins: StandIns, owner: psycopg.Connection, person: Person
) -> None:
    for host in ("localhost", "127.1", "2130706433", "[::1]"):
        url = stand_ins.url.replace("127.0.0.1", host) + f"/{uuid.uuid4()}"
        owner.execute(
            "insert into external_calendars (family_id, user_id, url) select family_id, id, %s from users",
            [url],
        )
    assert run(start("calendar_sync")) == {"synced": 0, "failed": 4}
    assert all(sent.method != "GET" for sent in stand_ins.sent)


def test_cleaning_up_counts_what_it_took(start: Start, owner: psycopg.Connection, person: Person) -> None:
    owner.execute(
        "insert into briefings (family_id, user_id, day, text)"
        " select family_id, id, current_date - 100, 'old' from users"
    )
    cleanup = start("daily_cleanup")
    assert run(cleanup) == {"deleted": 1}
    assert run(cleanup) == {"deleted": 0}


def test_a_young_family_is_forgotten_with_everything(
    start: Start, owner: psycopg.Connection, person: Person
) -> None:
    owner.execute(
        "insert into reminders (family_id, user_id, text, due_at)"
        " select family_id, id, 'Milk', now() from users"
    )
    stranger = str(uuid.uuid4())
    owner.execute(
        "insert into families (id, created_at) values (%s, now() - interval '61 minutes')", [stranger]
    )
    cleanup = start("daily_cleanup")
    families = (person.family, person.family, stranger)
    answers = [cleanup.invoke({"forget_family": family}).payload for family in families]
    assert answers == [{"forgotten": 1}, {"forgotten": 0}, {"forgotten": 0}]
    left = owner.execute("select (select count(*) from users) + (select count(*) from reminders)")
    assert left.fetchone() == (0,)


def test_only_a_uuid_names_a_family_to_forget(start: Start, person: Person) -> None:
    outcome = start("daily_cleanup").invoke({"forget_family": "' or true --"})
    assert outcome.failed
    assert "forget_family" in str(outcome.payload)
