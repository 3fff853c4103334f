"""Answers a build from an earlier one that was given exactly the same.

A build's inputs are hashed: the files of its sources, the project, the buildspec, the resolved
variables, and every program on its PATH. A build that succeeded, and that is known not to have asked
the embedded AWS for anything but its own identity, is kept under that hash with its artifacts, exported
variables and log; the next build with the same hash is answered from there. A failure is never kept.

Two kinds of variable differ in every build and are no part of the hash: the build's own id, number and
start, and the addresses of this run's endpoints. A buildspec or script that names one of the former
makes the build one that is never kept, unless it only asks whether there is one; so does an access key
in a buildspec, script or variable, because calls signed with it are not known to be the build's. What
time, chance or the network answer cannot be known: a build that depends on them may be answered as it
was before.
"""

import hashlib
import json
import logging
import os
import re
import shutil
import stat
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.builds.files.workspace import discard
from rehearsal.builds.reports.formats import Counts, Report
from rehearsal.home import Home

_log = logging.getLogger(__name__)
_FORMAT = 1
_KEPT = 100
_KEPT_BYTES = 2 * 1024**3
_OF_THIS_BUILD = re.compile(
    rb"CODEBUILD_(BUILD_ID|BUILD_ARN|BUILD_NUMBER|BUILD_URL|START_TIME|LOG_PATH|SOURCE_VERSION)"
)
_IS_THERE_ONE = re.compile(
    rb"""-[nz]\s+["']?\$(?:CODEBUILD_\w+\b(?![-:+])|\{CODEBUILD_\w+(?::?[-+][^}$`]*)?\})["']?"""
)
_OF_THIS_RUN = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_ENDPOINT_URL")
_ACCESS_KEY = re.compile(rb"\b(AKIA|ASIA)[A-Z0-9]{16}\b")
_SCRIPT_NAMES = ("Makefile", "GNUmakefile", "package.json", "justfile")
_SCRIPT_ENDINGS = (".sh", ".bash", ".mk", ".yml", ".yaml")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Everything a build is given."""

    project: Mapping[str, Any]
    buildspec: str
    variables: Mapping[str, str]
    sources: Mapping[str, Path]
    outputs: tuple[str, ...]
    programs: str
    """A fingerprint of the tools on its PATH."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a succeeded build gave back."""

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

    def key(self, asked: Asked) -> str | None:
        """None for a build that must run every time."""
        if _must_run(asked.buildspec.encode()) or _holds_key(asked.variables):
            return None
        files = {name: _tree(folder) for name, folder in sorted(asked.sources.items())}
        if None in files.values():
            return None
        variables = {name: value for name, value in asked.variables.items() if not _differs_always(name)}
        facts = [
            _FORMAT, dict(asked.project), asked.buildspec, variables, files, asked.outputs, asked.programs
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()

    def recall(self, key: str | None, *, into: Path) -> Answer | None:
        """The answer with its artifacts in the folder `into`, where nobody else removes them."""
        if key is None:
            return None
        entry = self.folder / key
        with self._lock:
            if not entry.exists():
                return None
            try:
                return _read(entry, into)
            except (OSError, ValueError, LookupError, TypeError):
                _log.exception("The remembered build %s is not readable; it is forgotten", key)
                self._discard(entry)
                return None

    def remember(self, key: str, answer: Answer, *, unless: Callable[[], bool] = lambda: False) -> None:
        """Keep the answer unless `unless` holds at the last moment. A full disk fails no build."""
        try:
            self.commit(key, self.prepare(answer), unless=unless)
        except OSError:
            _log.exception("A build could not be remembered; the next one with the same inputs runs again")

    def prepare(self, answer: Answer) -> Path:
        """Write the answer to a folder that no build is answered from yet."""
        pending = self.folder / f"new-{uuid.uuid4().hex}"
        pending.mkdir(parents=True)
        try:
            _write(pending, answer)
        except OSError:
            self._discard(pending)
            raise
        return pending

    def commit(self, key: str, pending: Path, *, unless: Callable[[], bool]) -> None:
        """The check and the renaming are one step for `forget`, which comes before both or after both."""
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
        """Only whole answers: a folder that is still being written belongs to another build."""
        whole = (path for path in self.folder.iterdir() if not path.name.startswith("new-"))
        newest_first = sorted(whole, key=lambda path: path.stat().st_mtime, reverse=True)
        room = _KEPT_BYTES
        for number, entry in enumerate(newest_first):
            room -= sum(file.stat().st_size for file in entry.rglob("*") if file.is_file())
            if number >= _KEPT or (number and room < 0):
                self._discard(entry)

    def _discard(self, entry: Path) -> None:
        """Gone in one step, so that a kill leaves no half of an answer behind."""
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
    """A second name for the same bytes, which costs nothing, where the file system has that."""
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


def _differs_always(name: str) -> bool:
    return name in _OF_THIS_RUN or bool(_OF_THIS_BUILD.fullmatch(name.encode()))


def _must_run(script: bytes) -> bool:
    return _names_its_build(script) or bool(_ACCESS_KEY.search(script))


def _names_its_build(script: bytes) -> bool:
    return bool(_OF_THIS_BUILD.search(_IS_THERE_ONE.sub(b"", script)))


def _holds_key(variables: Mapping[str, str]) -> bool:
    """Calls that are signed with a key of somebody else's are not known to be the build's."""
    return any(_ACCESS_KEY.search(value.encode()) for value in variables.values())


def _tree(folder: Path) -> str | None:
    """A hash over names, kinds, executable bits and contents; None where a script must run every time."""
    total = hashlib.sha256()
    for path in _walk(folder):
        status = path.lstat()
        total.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        if stat.S_ISLNK(status.st_mode):
            total.update(f"link {path.readlink()}".encode())
            continue
        content = path.read_bytes()
        if _is_script(path, content) and _must_run(content):
            return None
        total.update(b"x" if status.st_mode & stat.S_IXUSR else b"-")
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()


def _walk(folder: Path) -> Iterator[Path]:
    """Files and links in a fixed order; git's own folder differs from clone to clone."""
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        links = [name for name in folders if (Path(root) / name).is_symlink()]
        yield from (Path(root) / name for name in sorted([*files, *links]))


def _is_script(path: Path, content: bytes) -> bool:
    return path.suffix in _SCRIPT_ENDINGS or path.name in _SCRIPT_NAMES or content.startswith(b"#!")


def _report(stored: Mapping[str, Any]) -> Report:
    lists: Sequence[str] = ("files", "problems")
    return Report(
        **{**stored, "counts": Counts(**stored["counts"]), **{name: tuple(stored[name]) for name in lists}}
    )
