"""A database of a hundred thousand entities, its words and meanings spread as in real notes."""

import itertools
import random
import uuid
from dataclasses import dataclass

import psycopg

from rehearsal.postgres.login import Login

ENTITIES = 100_000
LARGE_FAMILY = uuid.UUID(int=1)
SMALL_FAMILY = uuid.UUID(int=2)
FAMILIES = 101
VOCABULARY = 8000

# A cluster's centre and two shifts make a meaning: sums of few random vectors, for random numbers by
# the hundred million would take minutes. `number` stands in the sum to make it another for each row.
_VECTORS = """
create temp table vectors as
select number, (select array_agg(random() - 0.5 + (number - number) * place)
    from generate_series(1, 1024) place)::vector(1024) as direction
from generate_series(0, 1299) number
"""

_FILL = """
insert into entities (family_id, kind, title, body, embedding)
select family, 'note', title, body, centre.direction + one.direction + other.direction
from written
join vectors centre on centre.number = written.number % 300
join vectors one on one.number = 300 + written.number % 499
join vectors other on other.number = 799 + written.number % 501
"""


@dataclass(frozen=True, kw_only=True)
class Library:
    entities: tuple[str, ...]
    """Ids of some that belong to the large family."""
    questions: tuple[str, ...]


def fill(login: Login, *, entities: int = ENTITIES) -> Library:
    with psycopg.connect(login.dsn, autocommit=True) as connection:
        connection.execute("set maintenance_work_mem = '2GB'")
        connection.execute("set synchronous_commit = off")
        connection.execute("select setseed(0.42)")
        for family in range(1, FAMILIES + 1):
            connection.execute("insert into families (id) values (%s)", [uuid.UUID(int=family)])
        indexes = _without_indexes(connection)
        _write(connection, entities)
        connection.execute(_VECTORS)
        connection.execute(_FILL)
        for index in indexes:
            connection.execute(index)
        connection.execute("vacuum analyze entities")
        return _sample(connection)


def _write(connection: psycopg.Connection, entities: int) -> None:
    """Nine texts in ten are the large family's; few words are in every text, most in hardly any (Zipf)."""
    choice = random.Random(42)  # noqa: S311 - the same texts on every run
    words = [_word(choice) for _ in range(VOCABULARY)]
    often = list(itertools.accumulate(1 / (rank + 2) for rank in range(VOCABULARY)))
    connection.execute("create temp table written (number bigint, family uuid, title text, body text)")
    with (
        connection.cursor() as cursor,
        cursor.copy("copy written (number, family, title, body) from stdin") as copy,
    ):
        for number in range(entities):
            large = number < entities * 0.9
            family = LARGE_FAMILY if large else uuid.UUID(int=2 + number % (FAMILIES - 1))
            text = choice.choices(words, cum_weights=often, k=65)
            copy.write_row((number, family, " ".join(text[:5]), " ".join(text[5:])))


def _word(choice: random.Random) -> str:
    syllables = choice.choice((1, 2, 2, 3, 3, 4))
    return "".join(
        choice.choice("bcdfghklmnprstvwz")
        + choice.choice("aeiouy")
        + choice.choice(("", "", "l", "n", "r", "s"))
        for _ in range(syllables)
    )


def _without_indexes(connection: psycopg.Connection) -> list[str]:
    """Drops the two large indexes; their definitions, to be made again when the rows are there."""
    rows = connection.execute(
        "select indexname, indexdef from pg_indexes"
        " where indexname in ('entities_by_meaning', 'entities_by_spelling') order by indexname desc"
    ).fetchall()
    for name, _ in rows:
        connection.execute(f"drop index {name}")
    return [definition for _, definition in rows]


def _sample(connection: psycopg.Connection) -> Library:
    rows = connection.execute(
        "select id::text, title, body from entities where family_id = %s order by md5(title) limit 400",
        [LARGE_FAMILY],
    ).fetchall()
    choice = random.Random(42)  # noqa: S311 - the same questions on every run
    questions = tuple(
        f"where did i put the {' '.join(choice.sample(f'{title} {body}'.split(), 3))}?"
        for _, title, body in rows
    )
    return Library(entities=tuple(entity for entity, _, _ in rows), questions=questions)
