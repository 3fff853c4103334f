"""Ends all processes that a build started, background processes included.

A confined build has its own process namespace, which the kernel ends as a whole. In an unconfined build, most
descendants are in the shell's process group. A descendant that left the group (a daemon) still has the
build's id in its environment and is found by it.
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
    """End the build's first process and all descendants; `mark` is `NAME=value`.

    `gently` sends SIGTERM to each of them first. The first process only waits for the shell.
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
    """Kill processes of builds in these folders that outlived a killed daemon."""
    beginning = f"CODEBUILD_SRC_DIR={builds}{os.sep}".encode()
    for pid in _having(lambda entry: entry.startswith(beginning)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _signal(group: int, mark: str, number: signal.Signals) -> bool:
    """Signal the processes; returns whether any marked one was alive, which may have started others."""
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
    """Live processes with such an environment entry; a zombie's environment is empty."""
    for environment in _PROC.glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if any(map(wanted, environment.read_bytes().split(b"\0"))):
                yield int(environment.parent.name)
