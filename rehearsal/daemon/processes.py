"""Ends the daemon's child processes, none of which may outlive it."""

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

_GRACE_SECONDS = 2.0


def end_children() -> None:
    """Terminate every child process, and kill those that do not end."""
    deadline = time.monotonic() + _GRACE_SECONDS
    _signal_all(signal.SIGTERM)
    while children() and time.monotonic() < deadline:
        time.sleep(0.02)
    _signal_all(signal.SIGKILL)


def children() -> tuple[int, ...]:
    """Direct children that still run; exit statuses of the others are collected."""
    found: set[int] = set()
    for listing in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found.update(int(pid) for pid in listing.read_text().split())
    return tuple(sorted(pid for pid in found if not _collected(pid)))


def empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _signal_all(number: signal.Signals) -> None:
    for pid in children():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _collected(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True
