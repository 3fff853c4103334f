"""The run record: everything that happened, for many readers while the daemon writes."""

import time
from functools import cached_property
from pathlib import Path

from rehearsal.model.definition import PipelineKey
from rehearsal.model.results import Gap
from rehearsal.record.catalogue import Catalogue
from rehearsal.record.database import Database, Row
from rehearsal.record.details import Details
from rehearsal.record.recorder import Recorder
from rehearsal.record.retention import Retention
from rehearsal.record.runs import Runs, gap_in
from rehearsal.record.start_options import StartOptions
from rehearsal.record.views import Event, LogLine, Run

_POLL_SECONDS = 0.05
"""How often to check for writes of other processes, because SQLite sends no notifications."""


class Record:
    """Opens or creates one record. Threads can share it, and many processes can open it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = Database(path)
        self.catalogue = Catalogue(self.database)
        self.details = Details(self.database)
        self.start_options = StartOptions(self.database)
        self.retention = Retention(self.database)
        self._runs = Runs(self.database, self.catalogue)

    @cached_property
    def recorder(self) -> Recorder:
        """For the daemon only."""
        return Recorder(self.database)

    def latest_run(self, pipeline: str | None = None) -> Run | None:
        """The last started execution of that pipeline, or of any."""
        row = self.database.row(
            "select * from executions where pipeline = ifnull(?, pipeline) order by number desc limit 1",
            (pipeline,),
        )
        return self._runs.of(row) if row else None

    def run(self, execution_id: str) -> Run:
        """One execution; raises `UnknownExecution`."""
        row = self.database.row("select * from executions where execution_id = ?", (execution_id,))
        if row is None:
            raise UnknownExecution(f"the record has no execution {execution_id}")
        return self._runs.of(row)

    def runs(self, limit: int = 20) -> list[Run]:
        """Newest first."""
        rows = self.database.rows("select * from executions order by number desc limit ?", (limit,))
        return [self._runs.of(row) for row in rows]

    def runs_of(self, key: PipelineKey, *, limit: int = 1_000) -> list[Run]:
        """Executions of one pipeline, newest first."""
        rows = self.database.rows(
            "select * from executions where account = ? and region = ? and pipeline = ? "
            "order by number desc limit ?",
            (key.account, key.region, key.name, limit),
        )
        return [self._runs.of(row) for row in rows]

    def waiting_in(self, key: PipelineKey) -> list[Run]:
        """Executions of one pipeline that wait to enter a stage, oldest first."""
        rows = self.database.rows(
            "select * from executions where account = ? and region = ? and pipeline = ? "
            "and status = 'InProgress' and waiting_at is not null order by number",
            (key.account, key.region, key.name),
        )
        return [self._runs.of(row) for row in rows]

    def unfinished(self) -> list[Run]:
        """Executions in progress or stopping, newest first."""
        rows = self.database.rows(
            "select * from executions where status in ('InProgress', 'Stopping') order by number desc"
        )
        return [self._runs.of(row) for row in rows]

    def events(self, after: int = 0) -> list[Event]:
        rows = self.database.rows("select * from events where sequence > ? order by sequence", (after,))
        return [_event(row) for row in rows]

    def log(self, action_execution_id: str, after: int = 0) -> list[LogLine]:
        rows = self.database.rows(
            "select number, at, text from logs where action_execution_id = ? and number > ? order by number",
            (action_execution_id, after),
        )
        return [LogLine(number=row["number"], at=row["at"], text=row["text"]) for row in rows]

    def last_line(self, action_execution_id: str) -> str:
        """The newest line of the action's log that is not blank."""
        row = self.database.row(
            "select text from logs where action_execution_id = ? and trim(text) <> '' "
            "order by number desc limit 1",
            (action_execution_id,),
        )
        return str(row["text"]).strip() if row else ""

    def wait_for_change(self, sequence: int, timeout: float) -> int:
        """The newest event's number, once it is greater than `sequence` or the time is over."""
        end = time.monotonic() + timeout
        while (newest := self._newest()) <= sequence and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
        return newest

    def gaps(self, execution_id: str) -> tuple[Gap, ...]:
        """Every known difference from AWS in this run, once each."""
        rows = self.database.rows("select * from gaps where execution_id = ?", (execution_id,))
        return tuple(dict.fromkeys(gap_in(row) for row in rows))

    def close(self) -> None:
        self.database.close()

    def _newest(self) -> int:
        row = self.database.row("select max(sequence) from events")
        return int(row[0] or 0) if row else 0


class UnknownExecution(LookupError):  # noqa: N818 - names what is not known
    """The record has no execution with that id."""


def _event(row: Row) -> Event:
    return Event(
        sequence=row["sequence"],
        at=row["at"],
        execution_id=row["execution_id"],
        kind=row["kind"],
        subject=row["subject"],
        status=row["status"],
        message=row["message"],
    )
