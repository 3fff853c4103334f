"""A record with one execution that has just begun."""

from pathlib import Path

from rehearsal.model.definition import Pipeline
from rehearsal.record.record import Record
from rehearsal.record.recorder import NewExecution
from rehearsal.record.views import Trigger
from tests.rehearsal.model.declarations import pipeline


def begun(path: Path) -> tuple[Record, Pipeline]:
    record, found = Record(path), pipeline()
    record.catalogue.save(found)
    new = NewExecution(
        execution_id="e-1",
        key=found.key,
        version=found.version,
        mode=found.execution_mode,
        trigger=Trigger(kind="StartPipelineExecution", detail="a test"),
        values={"who": "people"},
    )
    record.recorder.start_execution(new, status="InProgress")
    return record, found
