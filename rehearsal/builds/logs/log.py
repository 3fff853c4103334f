"""A build's log: masked lines, told to every sink as they come, in CodeBuild's own words."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from rehearsal.builds.logs.masking import MaskedLines, Masker


class LogSink(Protocol):
    """Where masked lines go: a file, CloudWatch Logs, the terminal."""

    def write(self, line: str) -> None: ...

    def close(self) -> None:
        """Everything written has arrived when this returns."""


class Lines:
    """Hands each line to a function."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self.write = write

    def close(self) -> None:
        """Nothing is kept back."""


class BuildLog:
    def __init__(self, *, masker: Masker, sinks: Sequence[LogSink]) -> None:
        self.masker = masker
        self._lines = MaskedLines(masker)
        self._sinks = list(sinks)
        self._lock = threading.Lock()

    def add_sink(self, sink: LogSink) -> None:
        self._sinks.append(sink)

    def say(self, text: str) -> None:
        """A line of CodeBuild's own."""
        self.flush()
        now = datetime.now(UTC).strftime("%Y/%m/%d %H:%M:%S.%f")
        self.replay(*(self.masker.mask(f"[Container] {now} {line}") for line in text.splitlines() or [""]))

    def output(self, chunk: bytes) -> None:
        """What a command wrote, in pieces of any size."""
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
    """For people who look at it later. A disk that is full costs the rest of the file, not the build."""

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
    """Every line, in memory."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        self.lines.append(line)

    def close(self) -> None:
        """Nothing is open."""
