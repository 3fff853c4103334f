"""Ends processes of this rehearsal that outlived a killed daemon.

Confined steps end with the daemon. Where the kernel does not allow confinement, functions and builds go on
running. Each has a HOME below the rehearsal's own folders and has lost its parent, by which it is found. A
synth that the person runs at the same time still has its parent.
"""

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rehearsal.home import Home

_FOSTER_PARENTS = ("systemd", "init")


@dataclass(frozen=True)
class _Process:
    pid: int
    parent: int
    name: str


def end_left_behind(home: Home) -> list[str]:
    """Call only while no daemon of this home runs; returns what was done, in sentences."""
    found = _orphans({process.pid: process for process in _living_in((home.root, home.builds))})
    for process in found:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, signal.SIGKILL)
    return [
        f"Process {process.pid} ({process.name}) of the last daemon was still running; it was ended."
        for process in found
    ]


def _orphans(processes: dict[int, _Process]) -> list[_Process]:
    def lost(process: _Process) -> bool:
        above = processes.get(process.parent)
        return lost(above) if above else process.parent == 1 or _name(process.parent) in _FOSTER_PARENTS

    return [process for process in processes.values() if lost(process)]


def _living_in(folders: tuple[Path, ...]) -> Iterator[_Process]:
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            pid = int(entry.name)
            if pid != os.getpid() and _lives_in(entry, folders):
                _, _, after_name = (entry / "stat").read_text().rpartition(") ")
                yield _Process(pid, int(after_name.split()[1]), _name(pid))


def _lives_in(process: Path, folders: tuple[Path, ...]) -> bool:
    variables = (process / "environ").read_bytes().split(b"\0")
    home = next((found[5:] for found in variables if found.startswith(b"HOME=")), b"")
    return bool(home) and any(Path(os.fsdecode(home)).is_relative_to(folder) for folder in folders)


def _name(pid: int) -> str:
    with contextlib.suppress(OSError):
        return (Path("/proc") / str(pid) / "comm").read_text().strip()
    return ""
