"""Ends everything that a build started, in whatever way it went into the background.

A confined build has a process namespace of its own, and the kernel ends all of it at once. Of one that is
not, most descendants share the shell's process group; one that left the group (a daemon) still carries the
build's id in its environment, which is how it is found.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from rehearsal.confinement import ConfinedProcess

_GRACE_SECONDS = 2.0
_PROC = Path("/proc")


def end_build(process: subprocess.Popen[Any], *, mark: str, gently: bool = False) -> None:
    """End the build's first process and everything that came of it; `mark` is `NAME=value`.

    Gently means that each of them is asked first. The first one only looks after the shell, and waits.
    """
    if isinstance(process, ConfinedProcess):
        if gently:
            _ask(process.inside())
            _wait(lambda: set(process.inside()) - {process.command})
        process.end()
        return
    _end_unconfined(process.pid, mark, gently=gently)


def _ask(pids: Iterable[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def _end_unconfined(group: int, mark: str, *, gently: bool) -> None:
    if gently:
        _signal(group, mark, signal.SIGTERM)
        _wait(lambda: set(_marked(mark)) - {group})
    deadline = time.monotonic() + _GRACE_SECONDS
    while _signal(group, mark, signal.SIGKILL) and time.monotonic() < deadline:
        time.sleep(0.01)


def end_strays(builds: Path) -> None:
    """Kill what builds in these folders left behind when the daemon itself was killed."""
    beginning = f"CODEBUILD_SRC_DIR={builds}{os.sep}".encode()
    for pid in _having(lambda entry: entry.startswith(beginning)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _signal(group: int, mark: str, number: signal.Signals) -> bool:
    """Whether anything marked was still alive, which could have had more children."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
    marked = list(_marked(mark))
    for pid in marked:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    return bool(marked)


def _wait(running: Callable[[], Collection[int]]) -> None:
    deadline = time.monotonic() + _GRACE_SECONDS
    while time.monotonic() < deadline and running():
        time.sleep(0.02)


def _marked(mark: str) -> Iterator[int]:
    wanted = mark.encode()
    return _having(lambda entry: entry == wanted)


def _having(wanted: Callable[[bytes], bool]) -> Iterator[int]:
    """Live processes with such an entry in their environment; a zombie's environment is empty."""
    for environment in _PROC.glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if any(map(wanted, environment.read_bytes().split(b"\0"))):
                yield int(environment.parent.name)
