"""Project caches: files that one build leaves for the next, moved instead of copied.

A cache entry is a folder with the cached files and a list of their original paths. Restoring *takes* the
entry: it renames the files into the build, and no other build can take the entry at the same time. So two
builds never write to the same files. A second build that runs meanwhile starts with an empty cache, which can
happen with any cache in CodeBuild too. Saving renames the files back.

If the buildspec names a cache key, the entry belongs to that key; a fallback key takes the newest entry whose
key starts with it. A file that already exists in the source is not replaced.
"""

import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.archive import lies_within
from rehearsal.builds.files.paths import fixed_part, matching
from rehearsal.builds.files.workspace import Workspace, discard
from rehearsal.home import short_hash
from rehearsal.locks import exclusive

_CONTAINER_HOME = "/root"
_KEPT_ENTRIES = 5


@dataclass(frozen=True, kw_only=True)
class ProjectCache:
    """The cache of one project, or of the projects that share a namespace."""

    folder: Path
    paths: tuple[str, ...]
    key: str = ""
    fallback_keys: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """A hash of the paths: as in CodeBuild, a change of the paths starts a new cache."""
        return short_hash("\n".join(sorted(self.paths)))

    def restore(self, workspace: Workspace) -> str | None:
        """Move an entry into the build; returns its key, or None if there was none."""
        with self._locked():
            entry = self._find()
            if entry is None:
                return None
            taken = self.folder / f"taken-{uuid.uuid4().hex}"
            entry.rename(taken)
        try:
            return self._unpack(taken, workspace)
        finally:
            discard(taken, trash=self.folder / "trash")

    def save(self, workspace: Workspace) -> int:
        """Move the cached paths out of the build; returns the number of files and folders moved."""
        pending = self.folder / f"new-{uuid.uuid4().hex}"
        pending.mkdir(parents=True)
        try:
            places = dict(self._move_out(workspace, pending))
            facts = {"key": self.key, "version": self.version, "places": places, "saved": time.time()}
            (pending / "entry.json").write_text(json.dumps(facts))
            with self._locked():
                self._replace(pending)
                self._forget_old()
            return len(places)
        finally:
            discard(pending, trash=self.folder / "trash")

    def problems(self, workspace: Workspace) -> Iterator[str]:
        for path in self.paths:
            if self._target(workspace, path) is None:
                yield f"cache path {path} lies outside the build's folders and is not cached"

    def _unpack(self, taken: Path, workspace: Workspace) -> str:
        facts = _facts(taken / "entry.json") or {"key": "", "places": {}}
        for name, place in facts["places"].items():
            if target := self._inside(workspace, place):
                _merge(taken / name, target)
        return str(facts["key"])

    def _move_out(self, workspace: Workspace, pending: Path) -> Iterator[tuple[str, str]]:
        for number, path in enumerate(self.paths):
            target = self._target(workspace, path)
            if target is None or not target.exists():
                continue
            for index, (place, source) in enumerate(_things(target, path, _own(workspace))):
                name = f"{number}-{index}"
                source.rename(pending / name)
                yield name, place

    def _target(self, workspace: Workspace, path: str) -> Path | None:
        return self._inside(workspace, fixed_part(path) or ".")

    def _inside(self, workspace: Workspace, place: str) -> Path | None:
        """The path in this build, with `/root` replaced by its HOME; None outside the build's folders."""
        home, source = workspace.home, workspace.source
        if place == "~" or place.startswith(("~/", f"{_CONTAINER_HOME}/")):
            path = home / place.removeprefix("~").removeprefix(_CONTAINER_HOME).lstrip("/")
        else:
            path = source / place
        plain = Path(os.path.normpath(path))
        inside = any(plain.is_relative_to(root) for root in (home, source, source.parent))
        if not inside or plain in (home, source.parent) or not lies_within(plain.parent, *_own(workspace)):
            return None
        return plain

    def _find(self) -> Path | None:
        entries = [(path, facts) for path, facts in self._entries() if facts["version"] == self.version]
        for path, facts in entries:
            if facts["key"] == self.key:
                return path
        for prefix in self.fallback_keys if self.key else ():
            for path, facts in entries:
                if facts["key"].startswith(prefix):
                    return path
        return None

    def _entries(self) -> list[tuple[Path, Mapping[str, Any]]]:
        """Newest first."""
        read = ((path.parent, _facts(path)) for path in self.folder.glob("entry-*/entry.json"))
        found = [(entry, facts) for entry, facts in read if facts]
        return sorted(found, key=lambda entry: entry[1]["saved"], reverse=True)

    def _replace(self, pending: Path) -> None:
        entry = self.folder / f"entry-{short_hash(self.key + self.version)}"
        discard(entry, trash=self.folder / "trash")
        pending.rename(entry)

    def _forget_old(self) -> None:
        for path, _ in self._entries()[_KEPT_ENTRIES:]:
            discard(path, trash=self.folder / "trash")

    def _locked(self) -> AbstractContextManager[None]:
        return exclusive(self.folder / "lock")


def _facts(file: Path) -> Mapping[str, Any] | None:
    """None for a damaged entry: it is ignored, and the next save replaces it."""
    try:
        found = json.loads(file.read_text())
        return {name: found[name] for name in ("key", "version", "places", "saved")}
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _own(workspace: Workspace) -> tuple[Path, ...]:
    """Without source or HOME where a build replaced it by a link, whose target is not the build's own."""
    return (workspace.root, workspace.packages)


def _things(target: Path, path: str, own: tuple[Path, ...]) -> Sequence[tuple[str, Path]]:
    """Files and folders of a cache path: a whole one where possible, else each matching file."""
    fixed = fixed_part(path)
    rest = path[len(fixed) :].lstrip("/")
    if target.is_symlink():
        return [(fixed, target)]
    if rest in ("", "**/*", "**", "*") and fixed not in ("", ".", "~", _CONTAINER_HOME):
        return [(fixed, target)]
    if rest in ("**/*", "**"):
        return [(f"{fixed}/{item.name}".lstrip("/"), item) for item in target.iterdir()]
    return [(f"{fixed}/{name}".lstrip("/"), target / name) for name in matching(target, [rest], readable=own)]


def _merge(source: Path, target: Path) -> None:
    """Move files without replacing existing ones."""
    if target.is_dir() and source.is_dir() and not target.is_symlink() and not source.is_symlink():
        for child in source.iterdir():
            _merge(child, target / child.name)
    elif not target.exists() and not target.is_symlink():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(source, target)
