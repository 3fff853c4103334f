"""What the rehearsal refuses is known again in the text of a failure, and nothing else is."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rehearsal.emulator.refusals import Refusals
from rehearsal.home import Home

REFUSED = (
    "AWS::RDS::DBInstance Database: engine mysql is not rehearsed; postgres and aurora-postgresql are, in a "
    "sentence that goes on for long"
)


def test_a_failure_that_says_a_refusal_was_caused_by_it(tmp_path: Path) -> None:
    refusals = Refusals.of(Home(tmp_path))
    assert refusals.noted(REFUSED) == REFUSED
    wrapped = REFUSED.replace(" ", "\n  ")
    assert refusals.caused(f"Failed resources:\n{wrapped} (RequestToken: x)")
    assert refusals.caused(f"CREATE_FAILED {REFUSED[:100]}...")
    assert not refusals.caused("AWS::RDS::DBInstance Database: the password is too short")


def test_one_that_only_speaks_like_a_refusal_is_the_projects_own(tmp_path: Path) -> None:
    assert not Refusals.of(Home(tmp_path)).caused("pip: this version is not supported by the rehearsal")


@pytest.mark.parametrize("content", ["", "{", "null", '{"a": 1}', "[1]"])
def test_a_broken_file_is_one_without_refusals(tmp_path: Path, content: str) -> None:
    refusals = Refusals.of(Home(tmp_path))
    refusals.file.write_text(content)
    assert not refusals.caused("anything")
    refusals.noted("no such thing")
    assert refusals.caused("no such thing")


def test_old_refusals_make_room(tmp_path: Path) -> None:
    refusals = Refusals.of(Home(tmp_path))
    for number in range(130):
        refusals.noted(f"refusal number {number:03}")
    assert len(json.loads(refusals.file.read_text())) == 100
    assert refusals.caused("refusal number 129")
    assert not refusals.caused("refusal number 029")


def test_services_that_refuse_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    """Each service has an object of its own on the one file."""

    def refuse(number: int) -> None:
        Refusals.of(Home(tmp_path)).noted(f"refusal number {number:03}")

    with ThreadPoolExecutor(max_workers=16) as services:
        list(services.map(refuse, range(90)))
    known = json.loads(Refusals.of(Home(tmp_path)).file.read_text())
    assert sorted(known) == [f"refusal number {number:03}" for number in range(90)]
