"""PARALLEL executions, conditions after an automatic retry, and the time that an approval has."""

from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.engine.errors import EngineError
from rehearsal.model.definition import Condition, OnFailure, Pipeline, Rule
from rehearsal.model.errors import DefinitionError
from tests.patience import until
from tests.rehearsal.engine.crash.pipelines import small
from tests.rehearsal.engine.crash.stories import Person


def created(folder: Path, pipeline: Pipeline) -> Person:
    person = Person(folder=folder, first=pipeline, second=pipeline)
    person.create(pipeline)
    return person


def test_parallel_refuses_roll_backs() -> None:
    with pytest.raises(DefinitionError, match="PARALLEL executions are not rolled back"):
        small(mode="PARALLEL")


def test_a_parallel_execution_is_not_rolled_back_by_hand(tmp_path: Path) -> None:
    person = created(tmp_path, small(mode="PARALLEL", on_failure="FAIL"))
    execution = person.start("one")
    person.finish()
    with pytest.raises(EngineError) as refused:
        person.engine.roll_back(person.key, "Staging", execution)
    assert refused.value.code == "UnableToRollbackStageException"


def test_an_older_parallel_execution_can_be_retried(tmp_path: Path) -> None:
    person = created(tmp_path, small(mode="PARALLEL", on_failure="FAIL"))
    person.breaks("smoke-broken", broken=True)
    older, _newer = person.start("one"), person.start("two")
    person.finish()
    person.breaks("smoke-broken", broken=False)
    person.engine.retry_stage(person.key, "Staging", older, mode="FAILED_ACTIONS")
    person.finish()
    assert person.record.run(older).status == "Succeeded"


def test_conditions_decide_once_the_automatic_retry_has_failed(tmp_path: Path) -> None:
    rule = Rule(name="Look", provider="CloudWatchAlarm", configuration={"AlarmName": "alarm"})
    failure = OnFailure(
        result="RETRY", retry_mode="ALL_ACTIONS", conditions=(Condition(result="ROLLBACK", rules=(rule,)),)
    )
    found = small()
    staging = replace(found.stages[1], on_failure=failure)
    person = created(tmp_path, replace(found, stages=(found.stages[0], staging, found.stages[2])))
    good = person.start("before")
    person.finish()
    person.breaks("smoke-broken", broken=True)
    person.breaks("alarm", broken=True)
    bad = person.start("one")
    person.finish()
    run = person.record.run(bad)
    assert [(item.kind, item.status, item.attempt) for item in run.stages[1].conditions] == [
        ("ON_FAILURE", "Failed", 2)
    ]
    assert [run.rollback_of for run in person.record.runs() if run.kind == "ROLLBACK"] == [good]


def test_an_approval_keeps_its_expiry_over_a_restart(tmp_path: Path) -> None:
    person = created(tmp_path, small())
    person.start("one")
    until(lambda: bool(person.waiting()), "nothing waits")
    [(_, token)] = person.waiting()
    asked = person.record.details.approval(token)
    person.engine.shut_down()
    after = Person(folder=tmp_path, first=person.first, second=person.second)
    with after.record.database.writing("as if it was asked eight days ago") as db:
        db.execute("update approvals set asked = asked - 8 * 86400, expires = expires - 8 * 86400")
    after.engine.begin()
    assert asked is not None
    until(lambda: after.engine.wait_until_idle(0), "the approval did not expire")
    run = after.record.runs()[0]
    failure = run.stages[-1].actions[0].failure
    assert (run.status, failure.code if failure else "") == ("Failed", "TimedOut")
