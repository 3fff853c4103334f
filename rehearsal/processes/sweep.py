"""Ends processes of a rehearsal that outlived the embedded AWS that started them.

Those of the registry are known. What they started in turn is found without it: it has a HOME below the
rehearsal's own folders and has lost its parent, or it is part of a build there. A synth that the person runs
at the same time has such a HOME, too, and still has its parent.
"""

import contextlib
import os
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path

from rehearsal.processes import kernel
from rehearsal.processes.ending import end_family, family
from rehearsal.processes.registry import Entry, living

_FOSTER_PARENTS = ("systemd", "init")


def end_left_behind(registered: Path, folders: tuple[Path, ...]) -> list[str]:
    """Call only while no embedded AWS of this home runs; returns what was ended, in sentences."""
    left = [entry for entry in living(registered) if not entry.has_owner]
    asked = [entry for entry in left if entry.ends_by != signal.SIGKILL.name]
    leaving = {pid for entry in asked for pid in family(entry.pid)}
    for entry in asked:
        _ask(entry)  # an orderly shutdown loses nothing and is nothing to tell
    killed = list(_kill(entry for entry in left if entry not in asked))
    return [*killed, *_kill_strays(folders, leaving)]


def _kill(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        end_family(entry.pid)
        yield _sentence(f"The {entry.kind} {entry.name} (process {entry.pid})")


def _ask(entry: Entry) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(entry.pid, signal.Signals[entry.ends_by])


def _kill_strays(folders: tuple[Path, ...], leaving: set[int]) -> Iterator[str]:
    ours = [pid for pid in kernel.pids() if pid != os.getpid() and _lives_in(pid, "HOME", folders)]
    lost = [pid for pid in ours if _has_lost_its_parent(pid, ours)]
    built = [pid for pid in kernel.pids() if _lives_in(pid, "CODEBUILD_SRC_DIR", folders)]
    for pid in sorted({*lost, *built} - leaving):
        name = kernel.name(pid)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
            yield _sentence(f"Process {pid} ({name})")


def _has_lost_its_parent(pid: int, ours: list[int]) -> bool:
    found = kernel.stat(pid)
    if found is None:
        return False
    if found.parent in ours:
        return _has_lost_its_parent(found.parent, ours)
    return found.parent == 1 or kernel.name(found.parent) in _FOSTER_PARENTS


def _lives_in(pid: int, variable: str, folders: tuple[Path, ...]) -> bool:
    entries = (entry.partition("=") for entry in kernel.environment(pid))
    places = [Path(value) for name, _, value in entries if name == variable and value]
    return any(place.is_relative_to(folder) for place in places for folder in folders)


def _sentence(who: str) -> str:
    return f"{who} of the last daemon was still running; it was ended."
