"""Reuses results of builds with identical inputs.

A result is stored with its artifacts, exported variables, reports and log if the build succeeded and made no
call to the embedded AWS except `GetCallerIdentity`. The next build with the same inputs reuses it. Failed
builds are never stored.
"""

import json
import logging
import os
import shutil
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.builds.files.workspace import discard
from rehearsal.builds.reports.formats import Counts, Report
from rehearsal.home import Home

_log = logging.getLogger(__name__)
_KEPT = 100
_KEPT_BYTES = 2 * 1024**3


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The result of a succeeded build."""

    build_id: str
    ended: str
    exported_variables: Mapping[str, str]
    artifacts: Mapping[str, Path]
    log: tuple[str, ...]
    reports: tuple[Report, ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class BuildMemory:
    folder: Path
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @classmethod
    def of(cls, home: Home) -> "BuildMemory":
        return cls(folder=home.builds / "memory")

    def recall(self, key: str | None, *, into: Path) -> Answer | None:
        """The stored result, with its artifacts in `into`, where `forget` does not remove them."""
        if key is None:
            return None
        entry = self.folder / key
        with self._lock:
            if not entry.exists():
                return None
            try:
                return _read(entry, into)
            except (OSError, ValueError, LookupError, TypeError):
                _log.exception("The stored result %s cannot be read and is deleted", key)
                self._discard(entry)
                return None

    def remember(self, key: str, answer: Answer, *, unless: Callable[[], bool] = lambda: False) -> None:
        """Store the result unless `unless()` is true just before the commit. A full disk fails no build."""
        try:
            self.commit(key, self.prepare(answer), unless=unless)
        except OSError:
            _log.exception("A build result could not be stored; the next build with the same inputs runs")

    def prepare(self, answer: Answer) -> Path:
        """Write the result to a folder that `recall` does not read."""
        pending = self.folder / f"new-{uuid.uuid4().hex}"
        pending.mkdir(parents=True)
        try:
            _write(pending, answer)
        except OSError:
            self._discard(pending)
            raise
        return pending

    def commit(self, key: str, pending: Path, *, unless: Callable[[], bool]) -> None:
        """Check and rename under the lock that `forget` takes, so that `forget` cannot run in between."""
        with self._lock:
            if unless() or (self.folder / key).exists():
                self._discard(pending)
                return
            pending.rename(self.folder / key)
            self._forget_old()

    def forget(self, key: str) -> None:
        with self._lock:
            self._discard(self.folder / key)

    def _forget_old(self) -> None:
        """Delete the oldest results, but no folder that another build is still writing."""
        whole = (path for path in self.folder.iterdir() if not path.name.startswith("new-"))
        newest_first = sorted(whole, key=lambda path: path.stat().st_mtime, reverse=True)
        room = _KEPT_BYTES
        for number, entry in enumerate(newest_first):
            room -= sum(file.stat().st_size for file in entry.rglob("*") if file.is_file())
            if number >= _KEPT or (number and room < 0):
                self._discard(entry)

    def _discard(self, entry: Path) -> None:
        """Move the folder away in one rename, so that a kill leaves no partial result."""
        discard(entry, trash=self.folder.with_name("trash"))


def _read(entry: Path, into: Path) -> Answer:
    found = json.loads((entry / "answer.json").read_text())
    os.utime(entry)
    return Answer(
        build_id=found["build_id"],
        ended=found["ended"],
        exported_variables=found["exported_variables"],
        artifacts={name: _copied(entry / file, into) for name, file in found["artifacts"].items()},
        log=tuple((entry / "log.txt").read_text().split("\n")),
        reports=tuple(map(_report, found["reports"])),
    )


def _copied(archive: Path, into: Path) -> Path:
    """A hard link where the file system supports it, else a copy."""
    into.mkdir(parents=True, exist_ok=True)
    target = into / archive.name
    try:
        target.hardlink_to(archive)
    except OSError:
        shutil.copy(archive, target)
    return target


def _write(pending: Path, answer: Answer) -> None:
    files = {name: f"{number}.zip" for number, name in enumerate(answer.artifacts)}
    for name, file in files.items():
        shutil.copy(answer.artifacts[name], pending / file)
    (pending / "log.txt").write_text("\n".join(answer.log))
    facts = {
        "build_id": answer.build_id,
        "ended": answer.ended,
        "exported_variables": dict(answer.exported_variables),
        "artifacts": files,
        "reports": [asdict(report) for report in answer.reports],
    }
    (pending / "answer.json").write_text(json.dumps(facts))


def _report(stored: Mapping[str, Any]) -> Report:
    lists: Sequence[str] = ("files", "problems")
    return Report(
        **{**stored, "counts": Counts(**stored["counts"]), **{name: tuple(stored[name]) for name in lists}}
    )
