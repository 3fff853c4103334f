"""One writer, many readers in other processes, nothing lost, and no format that is guessed."""

import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rehearsal.model.results import ActionResult, Failure, Fidelity, Gap
from rehearsal.record.database import RecordTooNewError
from rehearsal.record.record import Record, UnknownExecution
from tests.rehearsal.record.begun import begun

READER = """
import sys
from pathlib import Path
from rehearsal.record.record import Record
record = Record(Path(sys.argv[1]))
print("ready", flush=True)
print(record.wait_for_change(int(sys.argv[2]), 10), flush=True)
print(record.run("e-1").status, flush=True)
"""


def test_shows_the_whole_plan_before_anything_ran(tmp_path: Path) -> None:
    record, found = begun(tmp_path / "record.sqlite")
    run = record.run("e-1")
    assert [(stage.name, stage.status, stage.attempt) for stage in run.stages] == [
        ("Source", None, 0),
        ("Build", None, 0),
    ]
    assert [action.name for stage in run.stages for action in stage.actions] == ["Repo", "Synth"]
    assert run.variables == (("who", "people"),)
    assert record.latest_run(found.name) == run
    assert record.latest_run("another") is None
    with pytest.raises(UnknownExecution, match="no execution e-2"):
        record.run("e-2")


def test_keeps_every_attempt_and_shows_the_newest(tmp_path: Path) -> None:
    record, found = begun(tmp_path / "record.sqlite")
    action = found.stages[1].actions[0]
    gap = Gap(subject="Synth", fidelity=Fidelity.EMULATED, reason="it was")
    failed = ActionResult(failure=Failure(code="JobFailed", message="broken"), gaps=(gap,))
    for attempt, result in ((1, failed), (2, ActionResult(summary="fine"))):
        identifier = f"a-{attempt}"
        record.recorder.start_action(
            identifier,
            execution_id="e-1",
            stage="Build",
            attempt=attempt,
            action=action,
            status="InProgress",
            inputs={},
        )
        record.recorder.log(identifier, "one\ntwo")
        status = "Succeeded" if result.succeeded else "Failed"
        record.recorder.end_action(
            identifier, execution_id="e-1", subject="Build/Synth", status=status, result=result
        )
    newest = record.run("e-1").stages[1].actions[0]
    assert (newest.action_execution_id, newest.status, newest.summary) == ("a-2", "Succeeded", "fine")
    assert [d.action_execution_id for d in record.details.actions(found.key)] == ["a-2", "a-1"]
    assert [line.text for line in record.log("a-1")] == ["one", "two"]
    assert record.log("a-1", after=record.log("a-1")[0].number)[0].text == "two"
    assert record.gaps("e-1") == (gap,)


def test_events_are_numbered_without_holes(tmp_path: Path) -> None:
    record, _ = begun(tmp_path / "record.sqlite")

    def write() -> None:
        for _ in range(50):
            record.recorder.event("e-1", "stage", "s", "x")

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    numbers = [event.sequence for event in record.events()]
    assert numbers == list(range(1, 202))
    assert record.events(after=200)[0].sequence == 201


def test_readers_in_other_processes_see_changes(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    record, found = begun(path)
    newest = record.events()[-1].sequence
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(path), str(newest)], stdout=subprocess.PIPE, text=True
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "ready\n"
    record.recorder.execution("e-1", pipeline=found.name, status="Succeeded", final=True)
    assert int(reader.stdout.readline()) > newest
    assert reader.stdout.readline() == "Succeeded\n"
    assert reader.wait(10) == 0


def test_waiting_ends_when_the_time_is_over(tmp_path: Path) -> None:
    record, _ = begun(tmp_path / "record.sqlite")
    newest = record.events()[-1].sequence
    began = time.monotonic()
    assert record.wait_for_change(newest, 0.1) == newest
    assert time.monotonic() - began >= 0.1


def test_a_half_written_change_is_not_seen(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    record, found = begun(path)

    def half() -> None:
        with record.database.writing("half a change"):
            record.recorder.execution("e-1", pipeline=found.name, status="Failed", final=True)
            assert Record(path).run("e-1").status == "InProgress"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert record.run("e-1").status == "InProgress"


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "record.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(RecordTooNewError, match="update Slipway"):
        Record(path)
