"""Saves asynchronous changes about a second after the request that caused them."""

import threading
import time

from rehearsal.daemon.state.layer import Durable
from rehearsal.daemon.state.saver import Saver

_SOON_SECONDS = 1.0
_ANYWAY_SECONDS = 30.0
"""How often to save without a request, because schedules and queues change state by themselves."""

_SHARE = 0.05
"""The largest share of time for saving, which matters when the state is large."""


def autosave(changes: Durable, saver: Saver, stopping: threading.Event) -> None:
    """Run until the daemon stops, which saves by itself."""
    pause, last = _SOON_SECONDS, time.monotonic()
    while not stopping.wait(pause):
        if not changes.unsaved and time.monotonic() - last < _ANYWAY_SECONDS:
            continue
        changes.unsaved = False
        begun = time.monotonic()
        if saver.save():
            changes.unsaved = True
        last = time.monotonic()
        pause = max(_SOON_SECONDS, (last - begun) / _SHARE)
