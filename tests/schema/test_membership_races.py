"""Two at the same moment: one of them is second, and the family stays whole.

Each race is run with the first transaction held open until the second waits for it, so that the two meet
every time and not by luck.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql

from rehearsal.postgres.login import Login
from tests.logins import signed_in
from tests.patience import until
from tests.schema.people import People, Someone, hashed


@pytest.fixture
def people(brain: Login) -> Iterator[People]:
    people = People(brain)
    yield people
    people.close()


@contextmanager
def held(brain: Login, who: Someone, query: str, *values: object) -> Iterator[str]:
    """The outcome of a call whose transaction commits at the end of the block."""
    with psycopg.connect(signed_in(brain, "sb_api").dsn) as session:
        family = sql.Literal(str(who.family))
        session.execute(sql.SQL("set local app.family = {}").format(family))
        row = psycopg.RawCursor(session).execute(query.encode(), values).fetchone()
        assert row
        yield str(row[0])


def second(brain: Login, call: Callable[[], str], pool: ThreadPoolExecutor) -> Future[str]:
    """Started, and waiting for a lock."""
    started = pool.submit(call)
    with psycopg.connect(brain.dsn, autocommit=True) as master:
        query = b"select 1 from pg_stat_activity where datname = %s and wait_event_type = 'Lock'"
        until(lambda: bool(master.execute(query, (brain.database,)).fetchone()), "the second never waited")
    return started


def test_a_code_for_one_lets_one_in(people: People, brain: Login) -> None:
    ann, ben, eve = people.enter(), people.enter(), people.enter()
    ann.invites("code")
    join = "select outcome from join_family($1, $2, null, true, false)"
    with ThreadPoolExecutor(1) as pool:
        with held(brain, ben, join, ben.user, hashed("code")) as first:
            waiting = second(brain, lambda: eve.joins("code"), pool)
        assert (first, waiting.result(10)) == ("done", "not_found")
    assert ben.family == ann.family != eve.family


def test_of_two_owners_who_leave_one_stays(people: People, brain: Login) -> None:
    ann, ben, cem = people.family("owner", "member")
    leave = "select outcome from leave_family($1, true, false)"
    with ThreadPoolExecutor(1) as pool:
        with held(brain, ann, leave, ann.user) as first:
            waiting = second(brain, ben.leaves, pool)
        assert (first, waiting.result(10)) == ("done", "last_owner")
    assert (ben.role, ben.family) == ("owner", cem.family)


def test_of_two_owners_who_remove_each_other_one_stays(people: People, brain: Login) -> None:
    ann, ben, _ = people.family("owner", "member")
    remove = "select outcome from remove_member($1, $2, false)"
    with ThreadPoolExecutor(1) as pool:
        with held(brain, ann, remove, ann.user, ben.user) as first:
            waiting = second(brain, lambda: outcome_or_none(ben, remove, ann), pool)
        assert (first, waiting.result(10)) == ("done", "nobody")
    assert ann.role == "owner"


def outcome_or_none(who: Someone, query: str, other: Someone) -> str:
    """In the session of the family as it was when they were asked."""
    rows = who.rows(query, who.user, other.user)
    return str(rows[0][0]) if rows else "nobody"


def test_two_who_join_each_other_do_not_wait_for_ever(people: People, brain: Login) -> None:
    """Each locks both families, in the same order."""
    ann, ben = people.enter(), people.enter()
    ann.invites("to ann")
    ben.invites("to ben")
    join = "select outcome from join_family($1, $2, null, true, false)"
    with ThreadPoolExecutor(1) as pool:
        with held(brain, ann, join, ann.user, hashed("to ben")) as first:
            waiting = second(brain, lambda: ben.joins("to ann"), pool)
        # The code was of a family that is empty now.
        assert (first, waiting.result(10)) == ("done", "not_found")
    assert ann.family == ben.family
