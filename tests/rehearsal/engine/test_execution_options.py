"""What a person asks of one execution goes with it, and with those that it becomes; no other sees it."""

from pathlib import Path

import pytest

from rehearsal.model.options import ExecutionOptions
from rehearsal.record.record import Record
from tests.patience import until
from tests.rehearsal.engine.crash.pipelines import small, whole
from tests.rehearsal.engine.crash.stories import Person

ASKED = ExecutionOptions(left_out=("Prod",), bake_seconds=None, reuse_builds=False)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    found = Person(folder=tmp_path, first=small(), second=small(conditions=True))
    found.create(found.second)
    return found


def start(person: Person, token: str, options: ExecutionOptions = ASKED) -> str:
    """As `slipway rehearse` does, from another process: the row first, then the start."""
    Record(person.record.path).start_options.leave(token, options)
    return person.start(token)


def seen(person: Person, execution: str) -> tuple[set[str], set[str]]:
    """What its actions and its rules were told."""
    mine = [words for words in person.world.effects() if words[1] == execution]
    did = {words[4] for words in mine if words[0] == "did"}
    return did, {words[2] for words in mine if words[0] == "baked"}


def test_a_push_meanwhile_is_not_affected(person: Person) -> None:
    asked, pushed = start(person, "rehearsed"), person.start("pushed")
    person.finish()
    assert seen(person, asked) == ({"reuse=False,bake=None"}, {"None"})
    assert seen(person, pushed) == ({"reuse=True,bake=2.0"}, {"2.0"})
    statuses = [person.record.run(found).stages[-1].status for found in (asked, pushed)]
    assert statuses == ["Skipped", "Succeeded"]
    assert any("left out on request" in gap.reason for gap in person.record.gaps(asked))


def test_two_rehearsals_at_once_have_their_own(person: Person) -> None:
    first = start(person, "one", ExecutionOptions(bake_seconds=7))
    second = start(person, "two", ExecutionOptions(left_out=("Staging",)))
    person.finish()
    assert person.record.run(first).options == ExecutionOptions(bake_seconds=7)
    assert [stage.status for stage in person.record.run(second).stages] == [
        "Succeeded",
        "Skipped",
        "Succeeded",
    ]


def test_a_start_that_is_asked_for_again_is_the_same_one(person: Person) -> None:
    execution = start(person, "one")
    assert person.start("one") == execution
    person.finish()
    assert person.record.run(execution).options == ASKED


def test_they_go_with_a_retry_and_its_roll_back(person: Person) -> None:
    good = person.start("before")
    person.finish()
    person.breaks("smoke-broken", broken=True)
    execution = start(person, "one")
    person.finish()
    roll_back = next(run for run in person.record.runs() if run.kind == "ROLLBACK")
    assert roll_back.rollback_of == good
    assert roll_back.options == ASKED
    person.breaks("smoke-broken", broken=False)
    [stage] = [stage for stage in roll_back.stages if stage.status == "Failed"]
    person.engine.retry_stage(person.key, stage.name, roll_back.execution_id, mode="ALL_ACTIONS")
    person.finish()
    assert seen(person, roll_back.execution_id)[0] == {"reuse=False,bake=None"}
    assert person.record.run(execution).options == ASKED


def test_they_outlive_the_daemon(person: Person) -> None:
    options = ExecutionOptions(bake_seconds=9, reuse_builds=False)
    execution = start(person, "one", options)
    until(lambda: bool(person.waiting()), "nothing waits")
    person.engine.shut_down()
    after = Person(folder=person.folder, first=person.first, second=person.second)
    after.engine.begin()
    after.finish()
    assert after.record.run(execution).status == "Succeeded"
    assert seen(after, execution)[0] == {"reuse=False,bake=9"}


def test_the_execution_after_a_self_mutation_inherits_them(tmp_path: Path) -> None:
    person = Person(folder=tmp_path, first=whole(smoke=False), second=whole())
    person.create(person.first)
    execution = start(person, "one")
    person.finish()
    [repeat] = [run for run in person.record.runs() if run.restart_of == execution]
    assert repeat.options == ASKED
    assert repeat.stages[-1].status == "Skipped"
    assert seen(person, repeat.execution_id)[0] == {"reuse=False,bake=None"}
