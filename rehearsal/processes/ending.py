"""Ends processes with all that they started.

A confined process has its own process namespace, which the kernel ends as a whole. Of an unconfined one most
descendants are in its process group, and the others are found as its children, or by an entry of their
environment (the build's id), however they were started.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Iterable
from typing import Any

from rehearsal.confinement import ConfinedProcess
from rehearsal.processes import kernel

_GRACE_SECONDS = 2.0


def end(process: subprocess.Popen[Any], *, mark: str = "", gently: bool = False) -> None:
    """End the process and its descendants; `mark` is `NAME=value`.

    `gently` sends SIGTERM to each of them first, and waits until only the process itself is left.
    """
    if isinstance(process, ConfinedProcess):
        if gently:
            _signal(process.inside(), signal.SIGTERM)
            _wait(lambda: set(process.inside()) - {process.command})
        process.end()
        return
    if gently:
        _signal(family(process.pid, mark), signal.SIGTERM)
        _wait(lambda: family(process.pid, mark) - {process.pid})
    end_family(process.pid, mark)


def end_family(pid: int, mark: str = "") -> None:
    """Kill it and its descendants, and those that they start meanwhile."""
    deadline = time.monotonic() + _GRACE_SECONDS
    while (found := family(pid, mark)) and time.monotonic() < deadline:
        _signal(found, signal.SIGKILL)
        time.sleep(0.01)


def end_children() -> None:
    """Terminate every child of this process, and kill those that do not end."""
    _signal(_own_children(), signal.SIGTERM)
    _wait(_own_children)
    for pid in _own_children():
        _signal({pid, *family(pid)}, signal.SIGKILL)


def family(pid: int, mark: str = "") -> set[int]:
    """It, the members of its process group, its descendants and what has the mark, as far as they run."""
    found = {pid} if kernel.stat(pid) else set()
    for other in kernel.pids():
        known = kernel.stat(other)
        if known and (known.group == pid or (mark and mark in kernel.environment(other))):
            found.add(other)
    waiting = [pid, *found]
    while waiting:
        new = {child for child in kernel.children(waiting.pop()) if kernel.stat(child)} - found
        found |= new
        waiting += new
    return found


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _wait(running: Callable[[], Collection[int]]) -> None:
    deadline = time.monotonic() + _GRACE_SECONDS
    while time.monotonic() < deadline and running():
        time.sleep(0.02)


def _own_children() -> tuple[int, ...]:
    """Those that still run; exit statuses of the others are collected."""
    return tuple(pid for pid in kernel.children(os.getpid()) if not _collected(pid))


def _collected(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True
