"""What a killed daemon leaves behind, without one: its journal and how it ended."""

from pathlib import Path

from rehearsal.daemon.settling.journal import Journal
from rehearsal.daemon.state import Ending

QUEUE = {"PhysicalResourceId": "queue-1", "ResourceType": "AWS::SQS::Queue"}


def test_a_journal_tells_what_was_made_begun_and_deleted(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "operations")
    journal.begin("stack")
    journal.note("stack", "begun", logical_id="Queue", resource={"ResourceType": "AWS::SQS::Queue"})
    journal.note("stack", "made", logical_id="Queue", resource=QUEUE)
    journal.note("stack", "begun", logical_id="Refused", resource={})
    journal.note("stack", "failed", logical_id="Refused")
    journal.note("stack", "begun", logical_id="Topic", resource={"ResourceType": "AWS::SNS::Topic"})
    journal.note("stack", "deleted", logical_id="Old", physical_id="old-1")
    found = journal.progress("stack")
    assert found.made == {"Queue": QUEUE}
    assert list(found.begun) == ["Topic"]
    assert found.deleted == {"old-1"}


def test_a_line_that_was_cut_off_is_no_step(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin("stack")
    journal.note("stack", "made", logical_id="Queue", resource=QUEUE)
    (file,) = tmp_path.iterdir()
    whole = file.read_text()
    file.write_text(whole + whole[: len(whole) // 2])
    assert list(journal.progress("stack").made) == ["Queue"]


def test_another_operation_begins_with_an_empty_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.note("stack", "made", logical_id="Queue", resource=QUEUE)
    journal.begin("stack")
    assert journal.progress("stack").made == {}


def test_an_ending_fits_into_the_place_that_was_taken_for_it(tmp_path: Path) -> None:
    Ending.expect_kill(tmp_path)
    assert Ending.last(tmp_path).was_killed
    size = (tmp_path / "ending.json").stat().st_size
    Ending(problems=("no room: " + "x" * 9000,), cut_off=tuple("y" * 500 for _ in range(50))).write(tmp_path)
    assert (tmp_path / "ending.json").stat().st_size == size
    assert Ending.last(tmp_path).problems[0].startswith("no room")
    Ending().write(tmp_path)
    assert Ending.last(tmp_path) == Ending()
