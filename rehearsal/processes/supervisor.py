"""Starts the child processes of one embedded AWS."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, AnyStr

from rehearsal.confinement import Confinement, ability, start
from rehearsal.home import Home
from rehearsal.processes.registry import Child, register

_KEEPER = 'read -r _; exec "$@"'


class _Leader(subprocess.Popen[AnyStr]):
    """The first process of a group; it is killed with the group."""

    def kill(self) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        super().kill()


@dataclass
class Processes:
    home: Home
    _keeper: subprocess.Popen[bytes] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(
        self,
        child: Child,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        confinement: Confinement | None = None,
        **options: Any,
    ) -> subprocess.Popen[Any]:
        """Start a process that ends with this one, as the leader of a process group of its own.

        It is confined if it has a confinement and this machine can confine.
        """
        way = ability().way
        options = {**options, "env": dict(env), "start_new_session": True}
        started: subprocess.Popen[Any]
        if confinement and way:
            started = start(command, way=way, confinement=confinement, cwd=cwd, **options)
        else:
            self._keep()
            started = _Leader[Any](command, cwd=cwd, **options)
        register(self.home.processes, child, started.pid)
        return started

    def _keep(self) -> None:
        """Start the keeper unless it runs. Somebody may have killed it alone."""
        with self._lock:
            if self._keeper is None or self._keeper.poll() is not None:
                self._keeper = subprocess.Popen(
                    ["/bin/sh", "-c", _KEEPER, "slipway-keeper", *_sweep(self.home)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                    env={"PATH": os.defpath, "PYTHONPATH": str(Path(__file__).parents[2])},
                    cwd="/",
                )


def _sweep(home: Home) -> tuple[str, ...]:
    return sys.executable, "-m", "rehearsal.processes", str(home.root), str(home.builds)
