"""Finds, measures and removes files that builds left on the disk and that are no longer needed.

Files of a running build are never touched: its slot is locked, and while any slot is locked, caches stay.
"""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rehearsal.builds.files.workspace import abandoned, forget_abandoned, remove
from rehearsal.home import Home

_CACHES = ("cache", "packages", "results")


@dataclass(frozen=True, kw_only=True)
class Leftover:
    what: str
    path: Path
    bytes: int
    remove: Callable[[], None]


def leftovers(home: Home, *, caches: bool) -> Iterator[Leftover]:
    """`caches` includes the caches that make builds faster; without them the next builds start empty."""
    builds = home.builds
    for lock in sorted(builds.glob("work/*.lock")):
        with _unused(lock) as unused:
            if unused and (slot := lock.with_suffix("")).exists():
                yield _leftover("work folder of a build", slot, partial(_remove_slot, lock))
    for folder in sorted(builds.glob("trash/*")):
        yield _leftover("removed before, not yet gone", folder, partial(remove, folder))
    for owner, folder in abandoned(home):
        yield _leftover(f"builds of {owner}, which is gone", folder, partial(forget_abandoned, home))
    for folder in (builds / name for name in _CACHES if caches):
        if folder.exists():
            yield _leftover("build cache", folder, partial(remove, folder))


def is_building(home: Home) -> bool:
    for lock in home.builds.glob("work/*.lock"):
        with _unused(lock) as unused:
            if not unused:
                return True
    return False


def _remove_slot(lock: Path) -> None:
    with _unused(lock) as unused:
        if unused:
            remove(lock.with_suffix(""))


@contextmanager
def _unused(lock: Path) -> Iterator[bool]:
    with lock.open("w") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _leftover(what: str, path: Path, remove_it: Callable[[], None]) -> Leftover:
    return Leftover(what=what, path=path, bytes=_size(path), remove=remove_it)


def _size(folder: Path) -> int:
    """The bytes that removing it frees: a file with other hard links counts as zero."""
    return sum(_room(path) for path in folder.rglob("*"))


def _room(path: Path) -> int:
    try:
        found = path.lstat()
    except FileNotFoundError:  # removed by another process meanwhile
        return 0
    return found.st_blocks * 512 if found.st_nlink == 1 else 0
