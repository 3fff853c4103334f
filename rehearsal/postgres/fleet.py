"""All servers of one project: found by name, started together, stopped together."""

import functools
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.emulator.certificates import Authority
from rehearsal.home import Home
from rehearsal.postgres.distribution import ensure
from rehearsal.postgres.installation import Installation
from rehearsal.postgres.server import Server
from rehearsal.postgres.supervision import Supervisor, Tell
from rehearsal.processes import Processes

_SNAPSHOTS = "snapshots"


@dataclass
class Fleet:
    """Each server has a folder in `Home.databases`; kept ones are in `snapshots/` below it."""

    home: Home
    processes: Processes
    install: Callable[[], Installation] = ensure
    running: dict[str, Server] = field(default_factory=dict)
    tell: Tell = lambda _name, _status: None
    """Called when a server ended by itself, and when it runs again."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @functools.cached_property
    def installation(self) -> Installation:
        """Downloaded when the first database of a project is created."""
        with self.lock:
            return self.install()

    @property
    def authority(self) -> Authority:
        return Authority(self.home.databases)

    def server(self, name: str) -> Server:
        """The server of that name, whether it exists or not."""
        if name not in self.running:
            server = Server(self.home.databases / name, self.installation, self.authority, self.processes)
            server.started = Supervisor(name, server, self._told).watch
            self.running[name] = server
        return self.running[name]

    def _told(self, name: str, status: str) -> None:
        self.tell(name, status)

    def start_all(self) -> None:
        """Start the servers of an earlier daemon."""
        servers = [self.server(name) for name in self.names()]
        _on_each(servers, Server.start)

    def stop_all(self) -> None:
        _on_each(list(self.running.values()), Server.stop)

    def names(self) -> Iterator[str]:
        for state in sorted(self.home.databases.glob("*/server.json")):
            yield state.parent.name

    def remove(self, name: str) -> None:
        self.server(name).remove()
        self.running.pop(name, None)

    def keep_as_snapshot(self, name: str, *, snapshot: str) -> None:
        """Stop the server and move its folder to the snapshot's name."""
        server = self.server(name)
        server.stop()
        kept = self._kept(snapshot)
        shutil.rmtree(kept, ignore_errors=True)
        kept.parent.mkdir(parents=True, exist_ok=True)
        server.folder.rename(kept)
        self.running.pop(name, None)

    def snapshot(self, snapshot: str) -> Path | None:
        """The folder of a kept server."""
        kept = self._kept(snapshot)
        return kept if kept.exists() else None

    def _kept(self, snapshot: str) -> Path:
        return self.home.databases / _SNAPSHOTS / snapshot


def _on_each(servers: Sequence[Server], act: Callable[[Server], None]) -> None:
    """Run on all servers in parallel; then raise the first error."""
    if not servers:
        return
    with ThreadPoolExecutor(max_workers=len(servers)) as pool:
        done = [pool.submit(act, server) for server in servers]
    for future in done:
        future.result()
