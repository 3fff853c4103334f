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
class StoredResult:
    """The result of a succeeded build."""

    build_id: str
    ended: str
    exported_variables: Mapping[str, str]
    artifacts: Mapping[str, Path]
    log: tuple[str, ...]
    reports: tuple[Report, ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class BuildResults:
    folder: Path
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @classmethod
    def of(cls, home: Home) -> "BuildResults":
        return cls(folder=home.builds / "results")

    def find(self, key: str | None, *, into: Path) -> StoredResult | None:
        """The stored result, with its artifacts in `into`, where `delete` does not remove them."""
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

    def store(self, key: str, result: StoredResult, *, unless: Callable[[], bool] = lambda: False) -> None:
        """Store the result unless `unless()` is true just before the commit. A full disk fails no build."""
        try:
            self.commit(key, self.prepare(result), unless=unless)
        except OSError:
            _log.exception("A build result could not be stored; the next build with the same inputs runs")

    def prepare(self, result: StoredResult) -> Path:
        """Write the result to a folder that `find` does not read."""
        pending = self.folder / f"new-{uuid.uuid4().hex}"
        pending.mkdir(parents=True)
        try:
            _write(pending, result)
        except OSError:
            self._discard(pending)
            raise
        return pending

    def commit(self, key: str, pending: Path, *, unless: Callable[[], bool]) -> None:
        """Check and rename under the lock that `delete` takes, so that `delete` cannot run in between."""
        with self._lock:
            if unless() or (self.folder / key).exists():
                self._discard(pending)
                return
            pending.rename(self.folder / key)
            self._delete_oldest()

    def delete(self, key: str) -> None:
        with self._lock:
            self._discard(self.folder / key)

    def _delete_oldest(self) -> None:
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


def _read(entry: Path, into: Path) -> StoredResult:
    found = json.loads((entry / "result.json").read_text())
    os.utime(entry)
    return StoredResult(
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


def _write(pending: Path, result: StoredResult) -> None:
    files = {name: f"{number}.zip" for number, name in enumerate(result.artifacts)}
    for name, file in files.items():
        shutil.copy(result.artifacts[name], pending / file)
    (pending / "log.txt").write_text("\n".join(result.log))
    facts = {
        "build_id": result.build_id,
        "ended": result.ended,
        "exported_variables": dict(result.exported_variables),
        "artifacts": files,
        "reports": [asdict(report) for report in result.reports],
    }
    (pending / "result.json").write_text(json.dumps(facts))


def _report(stored: Mapping[str, Any]) -> Report:
    lists: Sequence[str] = ("files", "problems")
    return Report(
        **{**stored, "counts": Counts(**stored["counts"]), **{name: tuple(stored[name]) for name in lists}}
    )
