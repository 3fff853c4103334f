"""Databases to migrate: one real server for all tests, an empty database for each."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from rehearsal.postgres.login import Login
from rehearsal.postgres.server import temporary
from tests.logins import deploy

REPOSITORY = Path(__file__).parents[2]
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[Login]:
    with temporary() as login:
        yield login


@pytest.fixture
def database(server: Login) -> Iterator[Login]:
    """An empty database of this test's own."""
    with new_database(server, template="template1") as login:
        yield login


@pytest.fixture(scope="session")
def second_brain() -> Path:
    """The application's own schema files."""
    return REPOSITORY / "lambdas/second_brain/schema"


@pytest.fixture(scope="session")
def migrated(server: Login) -> Iterator[Login]:
    """A database with the application's schema, to make others from."""
    with new_database(server, template="template1") as login:
        deploy(login)
        yield login


@pytest.fixture
def brain(server: Login, migrated: Login) -> Iterator[Login]:
    """A database of this test's own with the application's schema."""
    with new_database(server, template=migrated.database) as login:
        yield login


@contextmanager
def new_database(server: Login, *, template: str) -> Iterator[Login]:
    login = replace(server, database=f"test_{next(_numbers)}")
    name = sql.Identifier(login.database)
    with psycopg.connect(server.dsn, autocommit=True) as session:
        session.execute(sql.SQL("create database {} template {}").format(name, sql.Identifier(template)))
        yield login
        session.execute(sql.SQL("drop database {} with (force)").format(name))
