"""Which child processes run: a file for each in `.slipway/processes`."""

import json
import logging
import os
import signal
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from rehearsal.home import write_private
from rehearsal.processes import kernel

_log = logging.getLogger("rehearsal.processes")

Kind = Literal["agent", "build", "database", "function"]


@dataclass(frozen=True, kw_only=True)
class Child:
    """What a process is, for the person who finds it running."""

    kind: Kind
    name: str
    address: str = ""
    """Where it listens."""
    log: Path | None = None
    ends_by: signal.Signals = signal.SIGKILL
    """How it is ended when nobody needs it any more; a database is asked to shut down, and keeps its data."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    kind: Kind
    name: str
    address: str
    log: str
    ends_by: str
    pid: int
    born: int
    owner: int
    owner_born: int

    @property
    def lives(self) -> bool:
        return _is(self.pid, self.born)

    @property
    def has_owner(self) -> bool:
        return _is(self.owner, self.owner_born)


def register(folder: Path, child: Child, pid: int) -> None:
    """Never an obstacle: on a full disk the process runs without an entry."""
    process, owner = kernel.stat(pid), kernel.stat(os.getpid())
    if process is None or owner is None:
        return
    entry = Entry(
        kind=child.kind,
        name=child.name,
        address=child.address,
        log=str(child.log or ""),
        ends_by=child.ends_by.name,
        pid=pid,
        born=process.born,
        owner=os.getpid(),
        owner_born=owner.born,
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _forget_ended(folder)
        write_private(folder / f"{pid}.json", json.dumps(asdict(entry)))
    except OSError as error:
        _log.warning("The %s %s (process %d) is not registered: %s", child.kind, child.name, pid, error)


def living(folder: Path) -> list[Entry]:
    """The processes that run, by kind and name."""
    found = (entry for _, entry in _entries(folder) if entry and entry.lives)
    return sorted(found, key=lambda entry: (entry.kind, entry.name, entry.pid))


def _forget_ended(folder: Path) -> None:
    for file, entry in _entries(folder):
        if entry is None or not entry.lives:
            file.unlink(missing_ok=True)


def _entries(folder: Path) -> Iterator[tuple[Path, Entry | None]]:
    """With None for a file that a full disk or a kill has cut off."""
    for file in folder.glob("*.json"):
        try:
            yield file, Entry(**json.loads(file.read_text()))
        except FileNotFoundError:
            continue
        except (OSError, ValueError, TypeError):
            yield file, None


def _is(pid: int, born: int) -> bool:
    found = kernel.stat(pid)
    return found is not None and found.born == born
