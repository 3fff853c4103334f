"""A build's log: masks lines and writes them to every sink at once, with CodeBuild's own wording."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from rehearsal.builds.logs.masking import MaskedLines, Masker


class LogSink(Protocol):
    """A destination of masked lines: a file, CloudWatch Logs, the terminal."""

    def write(self, line: str) -> None: ...

    def close(self) -> None:
        """Flush everything before returning."""


class Lines:
    """Passes each line to a function."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self.write = write

    def close(self) -> None:
        """Nothing to flush."""


class BuildLog:
    def __init__(self, *, masker: Masker, sinks: Sequence[LogSink]) -> None:
        self.masker = masker
        self._lines = MaskedLines(masker)
        self._sinks = list(sinks)
        self._lock = threading.Lock()

    def add_sink(self, sink: LogSink) -> None:
        self._sinks.append(sink)

    def say(self, text: str) -> None:
        """Log a line of CodeBuild itself."""
        self.flush()
        now = datetime.now(UTC).strftime("%Y/%m/%d %H:%M:%S.%f")
        self.replay(*(self.masker.mask(f"[Container] {now} {line}") for line in text.splitlines() or [""]))

    def output(self, chunk: bytes) -> None:
        """Log output of a command, in chunks of any size."""
        self.replay(*self._lines.feed(chunk))

    def flush(self) -> None:
        self.replay(*self._lines.flush())

    def replay(self, *masked: str) -> None:
        with self._lock:
            for line in masked:
                for sink in self._sinks:
                    sink.write(line)

    def close(self) -> None:
        self.flush()
        for sink in self._sinks:
            sink.close()


class LogFile:
    """The log file. On a full disk the rest of the file is lost; the build continues."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", buffering=1, errors="replace")

    def write(self, line: str) -> None:
        with contextlib.suppress(OSError):
            self._file.write(f"{line}\n")

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()


class Kept:
    """Collects every line in memory."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        self.lines.append(line)

    def close(self) -> None:
        """Nothing to close."""
