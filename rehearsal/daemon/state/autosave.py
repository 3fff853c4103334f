"""Saves what no answer waited for, about a second after the request that brought it about."""

import threading
import time

from rehearsal.daemon.state.layer import Durable
from rehearsal.daemon.state.saver import Saver

_SOON_SECONDS = 1.0
_ANYWAY_SECONDS = 30.0
"""Schedules and queues change state without a request."""

_SHARE = 0.05
"""How much of the time saving may take, where there is much to save."""


def autosave(changes: Durable, saver: Saver, stopping: threading.Event) -> None:
    """Until the daemon stops, which saves by itself."""
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
