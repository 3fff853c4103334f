"""Ends everything that a build started, in whatever way it went into the background.

A build's shell leads a session of its own. Most descendants share its process group; one that left
the group (a daemon) still carries the build's id in its environment, which is how it is found.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_GRACE_SECONDS = 2.0
_PROC = Path("/proc")


def end_build(*, group: int, mark: str, gently: bool = False) -> None:
    """Kill the process group and every process whose environment holds `mark` (`NAME=value`)."""
    if gently:
        _signal(group, mark, signal.SIGTERM)
        _wait(mark)
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


def _wait(mark: str) -> None:
    deadline = time.monotonic() + _GRACE_SECONDS
    while time.monotonic() < deadline and any(_marked(mark)):
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
