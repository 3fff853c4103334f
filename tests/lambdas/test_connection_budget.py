"""A login's limit cannot be passed: what is beyond it is told so at once, and nobody else is shut out."""

from collections.abc import Sequence

import psycopg

from rehearsal.postgres.login import Login
from tests.lambdas.conftest import Start
from tests.lambdas.crowd import TIMES, Round, ask_all, limited, sessions
from tests.lambdas.runtime_api import Function
from tests.patience import until

LIMIT = 5


def test_at_three_times_the_limit_the_rest_is_told_to_come_back(start: Start, database: Login) -> None:
    with limited(database, LIMIT):
        for found in until_full(database, started(start, LIMIT * TIMES)):
            assert found.served <= LIMIT
            assert found.most_sessions <= LIMIT
            assert set(found.statuses) <= {200, 503}
            assert set(found.codes) == {"busy"}
            assert set(found.retry_after) == {"5"}
        outcome = start("reminder_evaluator").invoke({})
        assert not outcome.failed, "another kind of function has its own share"


def test_a_place_that_comes_free_is_taken(start: Start, database: Login) -> None:
    with limited(database, LIMIT), psycopg.connect(database.dsn, autocommit=True) as master:
        crowd = started(start, LIMIT + 1)
        until_full(database, crowd)
        master.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'sb_api'")
        until(lambda: sessions(master) == 0, "a session outlives its end")
        until_full(database, crowd)


def started(start: Start, number: int) -> Sequence[Function]:
    crowd = [start("calendar") for _ in range(number)]
    for function in crowd:
        function.initialised_within()
    return crowd


def until_full(database: Login, crowd: Sequence[Function]) -> Sequence[Round]:
    """Several rounds: of two that ask for the last place at the same moment, the server may refuse both."""
    rounds: list[Round] = []

    def is_full() -> bool:
        rounds.append(ask_all(database, crowd))
        return rounds[-1].served == LIMIT

    until(is_full, lambda: f"places stay free: {rounds[-1]}")
    return rounds
