"""Threads that ask for the same at the same time, and a disk that is full while it matters."""

import itertools
import sqlite3
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.engine.errors import EngineError
from rehearsal.engine.timeouts import Deadlines
from rehearsal.model.definition import PipelineKey
from rehearsal.record.catalogue import Transition
from rehearsal.record.views import Trigger
from tests.patience import PATIENCE, until
from tests.rehearsal.engine.crash.checks import problems
from tests.rehearsal.engine.crash.disk import Disk
from tests.rehearsal.engine.crash.pipelines import small, whole
from tests.rehearsal.engine.crash.stories import Person

AT_ONCE = 8
THIRD = 3
"""After the source, and the first of two that build side by side."""


@pytest.fixture
def switching() -> Iterator[None]:
    """Threads give way to each other as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


class Watching(Disk):
    """Looks at the record from outside after every transaction."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder, self.commits, self.problems = folder, 0, list[str]()

    def after_commit(self, _name: str) -> None:
        self.commits += 1
        self.problems += [found for found in problems(self.folder) if "without its" in found]


@pytest.fixture
def person(tmp_path: Path) -> Person:
    found = Person(folder=tmp_path, first=small(), second=small())
    found.create(found.second)
    return found


@pytest.mark.parametrize("token", [f"token-{number}" for number in range(5)])
def test_one_token_starts_one_execution_however_many_ask(person: Person, token: str, switching: None) -> None:
    together = threading.Barrier(AT_ONCE)

    def start() -> str:
        together.wait()
        return person.engine.start(person.key, trigger=Trigger(kind="WebhookV2"), client_token=token)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        started = {future.result() for future in [pool.submit(start) for _ in range(AT_ONCE)]}
    person.finish()
    assert [run.execution_id for run in person.record.runs()] == list(started)


def test_one_retry_is_begun_however_many_ask(person: Person, switching: None) -> None:
    person.breaks("smoke-broken", broken=True)
    execution = person.start("one")
    person.finish()
    person.breaks("smoke-broken", broken=False)
    together = threading.Barrier(AT_ONCE)

    def retry() -> bool:
        together.wait()
        try:
            person.engine.retry_stage(person.key, "Staging", execution, mode="ALL_ACTIONS")
        except EngineError:
            return False
        return True

    with ThreadPoolExecutor(AT_ONCE) as pool:
        begun = [future.result() for future in [pool.submit(retry) for _ in range(AT_ONCE)]]
    person.finish()
    assert sum(begun) == 1
    assert problems(person.folder) == []


def test_one_answer_counts_however_many_answer(person: Person) -> None:
    person.start("one")
    until(lambda: bool(person.waiting()), "nothing waits")
    [(subject, token)] = person.waiting()
    together = threading.Barrier(AT_ONCE)

    def answer(status: str) -> str:
        together.wait()
        try:
            person.engine.approvals.decide(
                person.key, subject, token, status=status, summary="", by="someone"
            )
        except EngineError as error:
            return error.code
        return status

    with ThreadPoolExecutor(AT_ONCE) as pool:
        words = ["Approved", "Rejected"] * (AT_ONCE // 2)
        said = [future.result() for future in [pool.submit(answer, word) for word in words]]
    person.finish()
    [decided] = [word for word in said if not word.endswith("Exception")]
    [run] = person.record.runs()
    assert run.status == {"Approved": "Succeeded", "Rejected": "Failed"}[decided]


def test_an_action_and_what_it_made_are_recorded_together(person: Person) -> None:
    seen = Watching(person.folder)
    person.record.database.observer = seen
    person.start("one")
    person.finish()
    assert seen.commits
    assert seen.problems == []


def test_an_execution_that_cannot_be_written_fails_as_soon_as_it_can(person: Person) -> None:
    disk = Disk(full=lambda name: name in ("end an action", "end a broken execution"))
    person.record.database.observer = disk
    execution = person.start("one")
    until(lambda: "end a broken execution" in disk.failed, "nobody tried to end it")
    assert person.record.run(execution).status == "InProgress"
    disk.full = lambda _: False
    person.finish()
    run = person.record.run(execution)
    assert run.status == "Failed"
    assert "database or disk is full" in run.status_summary
    assert problems(person.folder) == []


def test_an_action_whose_group_could_not_be_begun_is_not_heard_any_more(tmp_path: Path) -> None:
    person = Person(folder=tmp_path, first=whole(), second=whole())
    person.create(person.first)
    started = itertools.count(1)
    person.record.database.observer = Disk(
        full=lambda name: name == "start an action" and next(started) == THIRD
    )
    person.breaks("synth-waits", broken=True)
    execution = person.start("one")
    person.finish()
    person.breaks("synth-waits", broken=False)
    until(lambda: not _named("action Synth"), "the action goes on")
    run = person.record.run(execution)
    assert run.status == "Failed"
    assert [action.status for action in run.stages[1].actions] == ["Failed", None]
    assert person.record.details.artifacts(execution).keys() == {"Code"}


def _named(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == name]


def test_a_stop_returns_while_the_disk_is_full_and_is_written_later(person: Person) -> None:
    execution = person.start("one")
    until(lambda: bool(person.waiting()), "nothing waits")
    disk = Disk(full=lambda _: True)
    person.record.database.observer = disk
    with pytest.raises(EngineError, match="free some space"):
        person.engine.stop(person.key, execution, abandon=True, reason="enough")
    disk.full = lambda _: False
    assert person.engine.wait_until_idle(PATIENCE)
    run = person.record.run(execution)
    assert (run.status, run.status_summary) == ("Stopped", "enough")
    assert problems(person.folder) == []


def test_a_transaction_may_ask_for_a_lane_while_another_one_is_made(person: Person) -> None:
    lanes, catalogue = person.engine._parts.lanes, person.record.catalogue
    lanes.of(person.key)
    reads, usual = threading.Event(), catalogue.transitions

    def slowly(key: PipelineKey) -> dict[str, Transition]:
        reads.set()
        return usual(key)

    catalogue.transitions = slowly  # type: ignore[method-assign]
    other = threading.Thread(target=lanes.of, args=(replace(person.key, name="other"),), daemon=True)
    with person.record.database.writing("something"):
        other.start()
        assert reads.wait(PATIENCE)
        assert lanes.of(person.key)
    other.join(PATIENCE)
    assert not other.is_alive()


def test_a_callback_that_raises_does_not_end_the_deadlines() -> None:
    deadlines, called = Deadlines(), threading.Event()

    def broken() -> None:
        raise RuntimeError("a callback that is broken")

    deadlines.after(0, broken)
    deadlines.after(0, called.set)
    assert called.wait(PATIENCE)


def test_a_transaction_that_fails_leaves_nothing_behind(person: Person) -> None:
    database, done = person.record.database, list[str]()
    database.observer = Disk(full=lambda name: name == "first")

    def fail() -> None:
        with database.writing("first") as db:
            db.execute("delete from pipelines")
            database.after_commit(lambda: done.append("told"))
            database.on_rollback(lambda: done.append("taken back"))

    with pytest.raises(sqlite3.OperationalError):
        fail()
    with database.writing("second"):
        pass
    assert done == ["taken back"]
    assert person.record.catalogue.find(person.key) is not None
