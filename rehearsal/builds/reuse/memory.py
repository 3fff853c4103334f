"""Reuses results of builds with identical inputs.

The key of a result is a hash of the build's inputs: the files of its sources, the project, the buildspec, the
resolved variables, and every program on its PATH. A result is stored with its artifacts, exported variables,
reports and log if the build succeeded and made no call to the embedded AWS except `GetCallerIdentity`. The
next build with the same key reuses it. Failed builds are never stored.

Two kinds of variable differ in every build and are not hashed: the build's own id, number, start and so on,
and the endpoints and token of this run. Nor is the commit's id if the build declares which files it reads and
none of them names the variable. A build always runs if its buildspec or a script reads a variable of the
first kind, except to test whether it is set, and if its buildspec, a script or a variable contains an access
key, because calls signed with that key cannot be attributed to the build. Time, random numbers and responses
of the network are not hashed: a build that depends on them can get an old result.
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
_BUILD_VARIABLES = re.compile(
    rb"CODEBUILD_(BUILD_ID|BUILD_ARN|BUILD_NUMBER|BUILD_URL|START_TIME|LOG_PATH|SOURCE_VERSION)"
)
_COMMIT = "CODEBUILD_RESOLVED_SOURCE_VERSION"
_EXISTENCE_TEST = re.compile(
    rb"""-[nz]\s+["']?\$(?:CODEBUILD_\w+\b(?![-:+])|\{CODEBUILD_\w+(?::?[-+][^}$`]*)?\})["']?"""
)
_RUN_VARIABLES = (
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_ENDPOINT_URL",
)
_ACCESS_KEY = re.compile(rb"\b(AKIA|ASIA)[A-Z0-9]{16}\b")
_SCRIPT_NAMES = ("Makefile", "GNUmakefile", "package.json", "justfile")
_SCRIPT_ENDINGS = (".sh", ".bash", ".mk", ".yml", ".yaml")


@dataclass(frozen=True, kw_only=True)
class BuildInputs:
    """The inputs of a build, from which its key is computed."""

    project: Mapping[str, Any]
    buildspec: str
    variables: Mapping[str, str]
    sources: Mapping[str, Path]
    declares_reads: bool = False
    """Whether the sources are only what the build declares to read, which many commits can have in common."""
    outputs: tuple[str, ...]
    programs: str
    """A fingerprint of the tools on the build's PATH."""


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

    def key(self, inputs: BuildInputs) -> str | None:
        """The hash of the inputs, or None if the build must run every time."""
        if _must_run(inputs.buildspec.encode()) or _holds_key(inputs.variables):
            return None
        files = {name: _tree(folder) for name, folder in sorted(inputs.sources.items())}
        if None in files.values():
            return None
        variables = {name: value for name, value in inputs.variables.items() if not _differs_always(name)}
        if inputs.declares_reads and not _depends_on_commit(inputs):
            variables.pop(_COMMIT, None)
        facts = [
            _FORMAT, dict(inputs.project), inputs.buildspec, variables, files, inputs.outputs, inputs.programs
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()

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


def _differs_always(name: str) -> bool:
    return name in _RUN_VARIABLES or bool(_BUILD_VARIABLES.fullmatch(name.encode()))


def _must_run(script: bytes) -> bool:
    return _names_its_build(script) or bool(_ACCESS_KEY.search(script))


def _names_its_build(script: bytes) -> bool:
    return bool(_BUILD_VARIABLES.search(_EXISTENCE_TEST.sub(b"", script)))


def _holds_key(variables: Mapping[str, str]) -> bool:
    """Calls signed with such a key cannot be attributed to the build."""
    return any(_ACCESS_KEY.search(value.encode()) for value in variables.values())


def _depends_on_commit(inputs: BuildInputs) -> bool:
    """Whether the build could tell one commit from another with the same declared files."""
    name = _COMMIT.encode()
    return name in inputs.buildspec.encode() or any(
        (folder / ".git").exists()
        or any(not path.is_symlink() and name in path.read_bytes() for path in _walk(folder))
        for folder in inputs.sources.values()
    )


def _tree(folder: Path) -> str | None:
    """A hash of names, kinds, executable bits and contents; None if a script requires the build to run."""
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
    """Files and links in a fixed order, without `.git`, which differs from clone to clone."""
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
