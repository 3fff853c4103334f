"""Restarts a server that ended by itself, as RDS restarts an instance whose process died.

A thread for each server waits for its process. The instance's status shows the restart until the new process
accepts connections. A server that keeps ending stays down after a few attempts, with status `failed`.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from rehearsal.postgres.addresses import AddressTakenError
from rehearsal.postgres.process import ServerFailedError, ServerProcess
from rehearsal.postgres.server import Server

ATTEMPTS = 5
WITHIN_SECONDS = 60.0
_PAUSE_SECONDS = 0.5
"""Children of a killed server may hold its shared memory a moment longer."""

_log = logging.getLogger("rehearsal.postgres")

Tell = Callable[[str, str], None]
"""Called with the server's name and its instance's status."""


@dataclass
class Supervisor:
    name: str
    server: Server
    tell: Tell
    attempts: deque[float] = field(default_factory=lambda: deque(maxlen=ATTEMPTS))

    def watch(self, process: ServerProcess) -> None:
        name = f"PostgreSQL {self.name}"
        threading.Thread(target=self._await_death, args=(process,), name=name, daemon=True).start()

    def _await_death(self, process: ServerProcess) -> None:
        code = process.child.wait()
        if not self.server.misses(process):
            return
        _log.warning("PostgreSQL of %s ended by itself (exit code %s); starting it again", self.name, code)
        self.tell(self.name, "rebooting")
        if self._bring_back(process):
            self.tell(self.name, "available")
            _log.warning("PostgreSQL of %s runs again", self.name)
        elif self.server.misses(process):
            self.tell(self.name, "failed")
            _log.error(
                "PostgreSQL of %s ended too often and stays down; its log is %s", self.name, process.log
            )

    def _bring_back(self, process: ServerProcess) -> bool:
        """Start a new process, which another thread watches."""
        while self.server.misses(process) and not self._too_often():
            self.attempts.append(time.monotonic())
            try:
                return self.server.revive(process)
            except (ServerFailedError, AddressTakenError) as error:
                _log.warning("PostgreSQL of %s did not start: %s", self.name, error)
                time.sleep(_PAUSE_SECONDS)
        return False

    def _too_often(self) -> bool:
        full = len(self.attempts) == ATTEMPTS
        return full and time.monotonic() - self.attempts[0] < WITHIN_SECONDS
