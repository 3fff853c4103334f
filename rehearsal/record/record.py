"""The run record: everything that happened, readable by many while the daemon writes."""

from pathlib import Path

from rehearsal.engine.ports import Gap
from rehearsal.record.views import Event, LogLine, Run


class Record:
    """Opens, or creates, one record. Safe to share between threads and to open from many processes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def latest_run(self, pipeline: str | None = None) -> Run | None:
        """The execution that was started last, of that pipeline or of any."""
        raise NotImplementedError

    def run(self, execution_id: str) -> Run:
        """Raises `UnknownExecution`."""
        raise NotImplementedError

    def runs(self, limit: int = 20) -> list[Run]:
        """Newest first."""
        raise NotImplementedError

    def events(self, after: int = 0) -> list[Event]:
        raise NotImplementedError

    def log(self, action_execution_id: str, after: int = 0) -> list[LogLine]:
        raise NotImplementedError

    def wait_for_change(self, sequence: int, timeout: float) -> int:
        """The newest event's number, as soon as it is past `sequence` or the time is over."""
        raise NotImplementedError

    def gaps(self, execution_id: str) -> tuple[Gap, ...]:
        raise NotImplementedError


class UnknownExecution(LookupError):  # noqa: N818 - it names what is not known
    """No execution of that id is in the record."""
