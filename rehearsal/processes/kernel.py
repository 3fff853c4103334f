"""What `/proc` says about processes."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Stat:
    parent: int
    group: int
    born: int
    """In ticks since the machine's start. With the process id it names one process, also after its end."""


def stat(pid: int) -> Stat | None:
    """None if it has ended. A zombie has: in a container its exit status may never be collected."""
    try:
        _, _, after_name = (_PROC / str(pid) / "stat").read_text().rpartition(") ")
    except OSError:
        return None
    fields = after_name.split()
    return None if fields[0] in "ZX" else Stat(int(fields[1]), int(fields[2]), int(fields[19]))


def name(pid: int) -> str:
    with contextlib.suppress(OSError):
        return (_PROC / str(pid) / "comm").read_text().strip()
    return ""


def environment(pid: int) -> tuple[str, ...]:
    """What it was started with; empty if it has ended or belongs to somebody else."""
    with contextlib.suppress(OSError):
        return tuple(map(os.fsdecode, (_PROC / str(pid) / "environ").read_bytes().split(b"\0")))
    return ()


def pids() -> Iterator[int]:
    return (int(folder.name) for folder in _PROC.glob("[0-9]*"))


def children(pid: int) -> tuple[int, ...]:
    """Its direct children, those that wait to be collected included."""
    found: set[int] = set()
    for listing in (_PROC / str(pid) / "task").glob("*/children"):
        with contextlib.suppress(OSError):
            found.update(map(int, listing.read_text().split()))
    return tuple(sorted(found))
