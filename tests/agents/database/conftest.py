"""A private PostgreSQL with the application's schema, for everything below this folder."""

from collections.abc import Iterator

import pytest

from rehearsal.postgres.login import Login
from rehearsal.postgres.server import temporary
from tests.agents.household import Desk, Household, Person, connected
from tests.logins import deploy


@pytest.fixture(scope="session")
def server() -> Iterator[Login]:
    with temporary() as login, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGSSLROOTCERT", str(login.root_certificate))
        deploy(login)
        yield login


@pytest.fixture
def household(server: Login) -> Iterator[Household]:
    with connected(server) as connection:
        yield Household(connection)


@pytest.fixture
def desk(server: Login) -> Desk:
    return Desk(server)


@pytest.fixture
def ann(household: Household) -> Person:
    return household.person()


@pytest.fixture
def eve(household: Household) -> Person:
    """Of another family."""
    return household.person()
