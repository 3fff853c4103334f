"""State that outlives a stop, and most of it a crash.

ministack writes each service's state as one file (replaced atomically) at a graceful stop, and S3
objects as they are put. This module adds a save in between: moments after the last change, on
a thread of its own. A killed daemon therefore loses what changed since the last save, never a file;
services saved moments apart may disagree about that change (a stack that lists a queue that is not
there). `slipway down` and deleting the home are the two clean ends.
"""

import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

from rehearsal.cloud.guards import Guard

QUIET_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 60.0
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
Asgi = Callable[..., Awaitable[None]]


class Changes:
    """When the endpoint was last asked to change something; also the ASGI layer that sees it."""

    def __init__(self, app: Asgi) -> None:
        self._app = app
        self.first_unsaved: float | None = None
        self.last = 0.0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope.get("type") == "http" and scope["method"] not in _READING:
            self.note()
        await self._app(scope, receive, send)

    def note(self) -> None:
        self.last = time.monotonic()
        if self.first_unsaved is None:
            self.first_unsaved = self.last

    def due(self, now: float) -> bool:
        if self.first_unsaved is None:
            return False
        return now - self.last >= QUIET_SECONDS or now - self.first_unsaved >= LONGEST_WAIT_SECONDS


def autosave(changes: Changes, stopping: threading.Event) -> None:
    """Save whenever it is due, until the daemon stops (which saves by itself)."""
    save = _saver()
    while not stopping.wait(0.5):
        if changes.due(time.monotonic()):
            changes.first_unsaved = None
            save()


def _saver() -> Callable[[], None]:
    guard = Guard("autosave")
    persistence = guard.module("ministack.core.persistence")
    save_all = guard.function(persistence, "save_all", ("services",))
    states = guard.function(guard.module("ministack.app"), "_build_persistence_save_dict", ())
    guard.that(persistence.PERSIST_STATE, "it keeps no state although PERSIST_STATE=1")
    return lambda: save_all(states())
