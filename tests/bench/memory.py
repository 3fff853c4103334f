"""The memory that a piece of work takes at its peak, whatever processes it starts and leaves running.

A rehearsal's processes have no common parent: the embedded AWS is a daemon, and so is PostgreSQL. So
the machine is asked instead: how much less is available than before. On a machine that is busy with
something else the figure is that something's too.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_INTERVAL_SECONDS = 0.25


@contextmanager
def watched() -> Iterator[Callable[[], float]]:
    """Gives a function that tells the peak so far, in MB."""
    before = lowest = _available()
    ended = threading.Event()

    def watch() -> None:
        nonlocal lowest
        while not ended.wait(_INTERVAL_SECONDS):
            lowest = min(lowest, _available())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield lambda: before - lowest
    finally:
        ended.set()
        watcher.join()


def _available() -> float:
    for line in Path("/proc/meminfo").read_text().splitlines():
        name, _, amount = line.partition(":")
        if name == "MemAvailable":
            return int(amount.split()[0]) / 1024
    raise RuntimeError("/proc/meminfo does not tell how much memory is available")
