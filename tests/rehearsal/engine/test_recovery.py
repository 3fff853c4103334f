"""A daemon that was killed between two writes: the next one never runs what must not run."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.engine.engine import Engine
from rehearsal.engine.errors import EngineError
from rehearsal.model.definition import PipelineKey
from rehearsal.model.position import Entry, Position
from rehearsal.record import schema
from tests.patience import PATIENCE, until
from tests.rehearsal.engine.crash.checks import problems
from tests.rehearsal.engine.crash.disk import Disk
from tests.rehearsal.engine.crash.pipelines import small
from tests.rehearsal.engine.crash.stories import Person


@pytest.fixture
def person(tmp_path: Path) -> Person:
    found = Person(folder=tmp_path, first=small(), second=small())
    found.create(found.second)
    return found


def failed_in_staging(person: Person) -> str:
    person.breaks("smoke-broken", broken=True)
    execution = person.start("one")
    person.finish()
    assert person.record.run(execution).status == "Failed"
    person.breaks("smoke-broken", broken=False)
    return execution


def killed(person: Person) -> Person:
    """The next process; the one before does nothing any more."""
    person.engine.shut_down()
    return Person(folder=person.folder, first=person.first, second=person.second)


def effects(person: Person, subject: str) -> int:
    return [words[2] for words in person.world.effects()].count(subject)


@pytest.mark.parametrize("status", ["Failed", "Stopped", "Cancelled"])
def test_a_stage_that_did_not_succeed_is_never_passed(person: Person, status: str) -> None:
    """As an older version left it: the execution is in progress, its stage is not."""
    execution = failed_in_staging(person)
    _set(person, "update executions set status = 'InProgress', ended = null")
    _set(person, "update stages set status = ? where stage = 'Staging'", status)
    after = killed(person)
    after.engine.begin()
    after.finish()
    run = after.record.run(execution)
    assert run.status == "Failed"
    assert [stage.status for stage in run.stages] == ["Succeeded", status, None]
    assert effects(after, "Prod/Release") == 0


def test_a_position_past_a_failed_stage_is_not_believed(person: Person) -> None:
    execution = failed_in_staging(person)
    _set(person, "update executions set status = 'InProgress', ended = null")
    person.record.recorder.position(execution, Position(stage="Prod"))
    after = killed(person)
    after.engine.begin()
    after.finish()
    assert after.record.run(execution).status == "Failed"
    assert effects(after, "Prod/Release") == 0


def test_a_retry_that_had_begun_runs_the_stage_that_it_was_for(person: Person) -> None:
    execution = failed_in_staging(person)
    _set(person, "update executions set status = 'InProgress', ended = null")
    entry = Entry(carried=frozenset({"Deploy"}), retried_by="ManualStageRetry")
    person.record.recorder.position(execution, Position(stage="Staging", entry=entry))
    after = killed(person)
    after.engine.begin()
    after.finish()
    assert after.record.run(execution).status == "Succeeded"
    assert (effects(after, "Staging/Deploy"), effects(after, "Staging/Smoke")) == (1, 2)
    assert problems(after.folder) == []


def test_a_retry_of_all_actions_does_so_after_a_restart_at_its_approval(person: Person) -> None:
    """The stage's earlier success is no reason to leave out its deployment."""
    person.breaks("release-broken", broken=True)
    execution = person.start("one")
    person.finish()
    person.breaks("release-broken", broken=False)
    _set(person, "update actions set status = 'Succeeded' where action = 'Release'")
    person.engine.retry_stage(person.key, "Prod", execution, mode="ALL_ACTIONS")
    until(lambda: bool(person.waiting()), "nothing waits")
    after = killed(person)
    after.engine.begin()
    after.finish()
    assert after.record.run(execution).status == "Succeeded"
    assert effects(after, "Prod/Release") == 2


def test_an_execution_between_two_stages_goes_on(person: Person) -> None:
    execution = person.start("one")
    until(lambda: bool(person.waiting()), "nothing waits")
    after = killed(person)
    after.engine.begin()
    after.finish()
    assert after.record.run(execution).status == "Succeeded"
    assert {effects(after, found) for found in ("Staging/Deploy", "Staging/Smoke", "Prod/Release")} == {1}


def test_a_failure_is_rolled_back_by_the_next_daemon_if_the_last_could_not(person: Person) -> None:
    good = person.start("before")
    person.finish()
    disk = Disk(full=lambda name: name in ("fail a stage", "end a broken execution"))
    person.record.database.observer = disk
    person.breaks("smoke-broken", broken=True)
    execution = person.start("one")
    until(lambda: "end a broken execution" in disk.failed, "the stage did not fail")
    person.engine._ledger.closed = True
    person.breaks("smoke-broken", broken=False)
    after = Person(folder=person.folder, first=person.first, second=person.second)
    after.engine.begin()
    after.finish()
    assert "rolled back to execution" in after.record.run(execution).status_summary
    assert [(run.rollback_of, run.status) for run in after.record.runs() if run.kind == "ROLLBACK"] == [
        (good, "Succeeded")
    ]
    assert problems(after.folder) == []


def test_what_was_started_before_recovery_began_runs_once(person: Person) -> None:
    """The endpoint answers a moment before the executions of the last daemon are looked at."""
    execution = person.start("one")
    person.engine.begin()
    person.finish()
    assert person.record.run(execution).status == "Succeeded"
    assert {effects(person, found) for found in ("Source/Repo", "Staging/Deploy", "Prod/Release")} == {1}


def test_an_execution_that_nothing_runs_for_can_be_stopped(person: Person) -> None:
    execution = person.start("one")
    until(lambda: bool(person.waiting()), "nothing waits")
    after = killed(person)  # and its next daemon did not take it up
    after.engine.stop(after.key, execution, abandon=True, reason="enough")
    run = after.record.run(execution)
    assert (run.status, run.status_summary) == ("Stopped", "enough")
    assert problems(after.folder) == []


def test_conditions_of_a_cancelled_execution_are_cancelled_with_it(tmp_path: Path) -> None:
    person = Person(folder=tmp_path, first=small(), second=small(conditions=True))
    person.create(person.second)
    person.breaks("look-waits", broken=True)
    execution = person.start("one")
    until(lambda: bool(person.record.run(execution).stages[1].conditions), "no condition is evaluated")
    person.engine.definitions.delete(person.key)
    run = person.record.run(execution)
    person.breaks("look-waits", broken=False)
    assert run.status == "Cancelled"
    assert [found.status for found in run.stages[1].conditions] == ["Cancelled"]
    assert person.engine.wait_until_idle(PATIENCE)
    assert problems(person.folder) == []


def test_a_record_of_the_first_format_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(schema.MIGRATIONS[0])
    connection.execute("pragma user_version = 1")
    insert = (
        "insert into executions (execution_id, account, region, pipeline, version, mode, kind, status, "
        "trigger_kind, trigger_detail, client_token, started, updated) "
        "values (?, 'a', 'r', 'p', 1, 'QUEUED', 'STANDARD', 'Succeeded', 'x', '', 'same', 0, 0)"
    )
    connection.executemany(insert, [("e-1",), ("e-2",)])
    connection.commit()
    connection.close()
    person = Person(folder=tmp_path, first=small(), second=small())
    assert person.record.run("e-2").position is None
    person.create(person.second)
    execution = person.start("one")
    person.finish()
    assert person.record.run(execution).status == "Succeeded"


OPERATIONS: dict[str, Callable[[Engine, PipelineKey, str], object]] = {
    "retry": lambda engine, key, run: engine.retry_stage(key, "Staging", run, mode="FAILED_ACTIONS"),
    "override": lambda engine, key, run: engine.override_condition(key, "Staging", run, kind="ON_SUCCESS"),
    "stop": lambda engine, key, run: engine.stop(key, run, abandon=True),
    "roll back": lambda engine, key, run: engine.roll_back(key, "Staging", run),
}
FOREIGN = {
    "account": replace(small(), account="222222222222"),
    "region": replace(small(), region="us-east-1"),
    "name": replace(small(), name="other"),
}
CODES = {
    "retry": "StageNotRetryableException",
    "override": "ConditionNotOverridableException",
    "stop": "PipelineExecutionNotStoppableException",
    "roll back": "PipelineExecutionNotFoundException",
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("other", FOREIGN)
def test_nobody_drives_an_execution_of_another_pipeline(person: Person, operation: str, other: str) -> None:
    execution = failed_in_staging(person)
    foreign = FOREIGN[other]
    person.create(foreign)
    with pytest.raises(EngineError) as refused:
        OPERATIONS[operation](person.engine, foreign.key, execution)
    assert refused.value.code == CODES[operation]
    assert "has no execution" in str(refused.value) or "is not an execution of" in str(refused.value)
    assert person.record.run(execution).status == "Failed"


@pytest.mark.parametrize("other", FOREIGN)
def test_nobody_approves_for_another_pipeline(person: Person, other: str) -> None:
    person.start("one")
    until(lambda: bool(person.waiting()), "nothing waits")
    [(subject, token)] = person.waiting()
    foreign = FOREIGN[other]
    person.create(foreign)
    with pytest.raises(EngineError) as refused:
        person.engine.approvals.decide(foreign.key, subject, token, status="Approved", summary="", by="x")
    assert refused.value.code == "InvalidApprovalTokenException"
    assert person.waiting() == [(subject, token)]
    person.finish()


def _set(person: Person, statement: str, *values: str) -> None:
    with person.record.database.writing("as an older version left it") as db:
        db.execute(statement, values)
