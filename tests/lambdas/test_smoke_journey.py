"""The journey of the smoke tests on the built functions: what fails here would fail a deployment."""

import uuid
from collections.abc import Iterator

import httpx
import pytest

from tests.lambdas.conftest import Start
from tests.lambdas.gateway import Gateway
from tests.smoke.second_brain import test_family_journey as journey
from tests.smoke.second_brain.people import Person


@pytest.fixture
def gateway(start: Start) -> Iterator[Gateway]:
    with Gateway({name: start(name) for name in ("query", "ingest", "calendar")}) as gateway:
        yield gateway


def test_a_family_is_formed_and_parts_and_is_closed_to_others(gateway: Gateway) -> None:
    host, guest = somebody(gateway), somebody(gateway)
    journey.test_two_people_form_a_family_and_part(host, guest)
    journey.test_a_family_is_closed_to_who_was_not_invited(host, guest)


def somebody(gateway: Gateway) -> Person:
    token = str(uuid.uuid4())
    api = httpx.Client(base_url=gateway.url, headers={"Authorization": token}, timeout=30, trust_env=False)
    return Person(email=f"{token}@example.org", family=token, token=token, api=api)
