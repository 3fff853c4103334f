"""Limits a build's log by leaving out its middle, for example when a test prints in a loop.

The embedded AWS keeps CloudWatch Logs in memory, and the log of a reusable result is kept in memory until the
build ends. Without a limit, hundreds of megabytes of output would make the daemon grow by several times as
much, and the log file would fill the disk. Each sink gets the first lines at once and the last lines when the
build ends. A line in between says how many are missing and, for all sinks but the file, names the file.
"""

from collections import deque
from dataclasses import dataclass
from pathlib import Path

from rehearsal.builds.logs.log import LogSink


@dataclass(frozen=True, kw_only=True)
class Room:
    lines: int
    characters: int

    def holds(self, *, lines: int, characters: int) -> bool:
        return lines <= self.lines and characters <= self.characters


IN_MEMORY = Room(lines=20_000, characters=8 << 20)
"""For sinks that stay in the daemon's memory; a line costs about a kilobyte there, whatever its length."""
ON_DISK = Room(lines=100_000, characters=32 << 20)
IN_FILE = Room(lines=2_000_000, characters=128 << 20)
"""For the log file."""
_END = Room(lines=2_000, characters=1 << 20)


class Limited:
    def __init__(self, sink: LogSink, room: Room, *, more_in: Path | None = None) -> None:
        self._sink = sink
        self._room = room
        self._see = f"; see {more_in}" if more_in else ""
        self._lines = self._characters = self._left_out = self._held = 0
        self._end: deque[str] = deque()

    def write(self, line: str) -> None:
        self._lines += 1
        self._characters += len(line)
        if self._room.holds(lines=self._lines, characters=self._characters):
            self._sink.write(line)
            return
        if not self._held and not self._left_out:
            self._say(f"This log is long. Its end follows when the build ends{self._see}")
        self._hold(line)

    def close(self) -> None:
        if self._left_out:
            self._say(f"{self._left_out} lines are left out here{self._see}")
        for line in self._end:
            self._sink.write(line)
        self._end.clear()
        self._left_out = self._held = 0
        self._sink.close()

    def _hold(self, line: str) -> None:
        self._end.append(line)
        self._held += len(line)
        while not _END.holds(lines=len(self._end), characters=self._held):
            self._held -= len(self._end.popleft())
            self._left_out += 1

    def _say(self, text: str) -> None:
        self._sink.write(f"[Slipway] {text}")
