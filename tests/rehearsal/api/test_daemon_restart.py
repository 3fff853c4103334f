"""A real daemon that is stopped and started: what waited goes on, what ran says that it was interrupted."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.daemon import client
from rehearsal.home import Home
from rehearsal.record.record import Record
from tests.rehearsal.api.conftest import Yard, furnished


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    found = Home(tmp_path / ".slipway")
    yield found
    client.stop(found)


def started(home: Home) -> Yard:
    endpoint = client.start(home, account="111122223333", region="eu-west-1")
    return furnished(endpoint, client.session(endpoint))


def restarted(home: Home, yard: Yard) -> Yard:
    client.stop(home)
    endpoint = client.start(home, account="111122223333", region="eu-west-1")
    return replace(yard, endpoint=endpoint, aws=client.session(endpoint))


def test_an_approval_outlives_the_daemon(home: Home) -> None:
    yard = started(home)
    yard.create()
    execution, token = yard.start(), yard.token()
    waiting = Record(home.record).run(execution)
    yard = restarted(home, yard)
    assert yard.token() == token
    assert Record(home.record).run(execution).stages == waiting.stages
    yard.answer("Approved", token)
    yard.wait(execution, "Succeeded")
