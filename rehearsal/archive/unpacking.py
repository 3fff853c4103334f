"""Unpacks a zip file into a folder, and writes nothing outside it.

The archive's table is checked first (`entries.py`). Files are then written through open folder descriptors
that refuse links, so that a link that was in the target before, or is created there meanwhile, is not
followed.
"""

import contextlib
import os
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from rehearsal.archive.entries import (
    ARTIFACT,
    LONGEST_DOCUMENT,
    ArchiveError,
    Entry,
    Kind,
    Limit,
    checked_entries,
    checked_entry,
)

_DAMAGED = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError,
    ValueError, RuntimeError, OverflowError, IndexError,
)  # fmt: skip
"""Raised by Python's zipfile for bytes that are not a zip file, or a damaged one."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def unpack(source: Path | IO[bytes], into: Path, *, limit: Limit = ARTIFACT) -> None:
    """Unpack files with their executable bits, folders and links. One bad entry refuses the whole archive."""
    with open_zip(source) as archive:
        unpack_zip(archive, into, limit=limit)


def unpack_zip(archive: zipfile.ZipFile, into: Path, *, limit: Limit = ARTIFACT) -> None:
    entries = checked_entries(archive, limit)
    into.mkdir(parents=True, exist_ok=True)
    _check_room(entries, into)
    target = _Target(into)
    try:
        for entry in entries:
            with _named(entry):
                _write(archive, entry, target)
    finally:
        target.close()


@contextlib.contextmanager
def open_zip(source: Path | IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """Open the archive; `ArchiveError` if it is not a zip file."""
    try:
        archive = zipfile.ZipFile(source)
    except _DAMAGED as error:
        raise ArchiveError(f"the archive is not a readable zip file: {error}") from error
    with archive:
        yield archive


def read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, link_as_text: bool = False) -> bytes:
    """The content of a file. A link is not followed: it is refused, or returned as its target's path."""
    entry = checked_entry(info)
    if entry.kind is Kind.FOLDER or (entry.kind is Kind.LINK and not link_as_text):
        raise ArchiveError(f"archive entry {info.filename!r} is a {entry.kind.value}, not a file")
    if info.file_size > LONGEST_DOCUMENT:
        raise ArchiveError(f"archive entry {info.filename!r} has {info.file_size:,} bytes, too many to read")
    with _named(entry):
        return archive.read(info)


def read_member(source: Path, path: str) -> bytes:
    """One file of a zip; raises `KeyError` if it does not exist."""
    with open_zip(source) as archive:
        return read_entry(archive, archive.getinfo(PurePosixPath(path).as_posix()))


class _Target:
    """The folder to write below. The last entry's folder stays open, because the next is often in it too."""

    def __init__(self, root: Path) -> None:
        self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._path: tuple[str, ...] = ()
        self._open = os.dup(self._root)

    def folder(self, path: tuple[str, ...]) -> int:
        """A descriptor of that folder, created if missing; valid until the next call."""
        if path != self._path:
            opened = _descend(self._root, path)
            os.close(self._open)
            self._path, self._open = path, opened
        return self._open

    def close(self) -> None:
        os.close(self._open)
        os.close(self._root)


def _descend(root: int, path: tuple[str, ...]) -> int:
    current = os.dup(root)
    for name in path:
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, dir_fd=current)
            below = os.open(name, _FOLDER, dir_fd=current)
        finally:
            os.close(current)
        current = below
    return current


def _write(archive: zipfile.ZipFile, entry: Entry, target: _Target) -> None:
    if entry.kind is Kind.FOLDER:
        target.folder(entry.path)
        return
    folder, name = target.folder(entry.path[:-1]), entry.path[-1]
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
    if entry.kind is Kind.LINK:
        os.symlink(archive.read(entry.info), os.fsencode(name), dir_fd=folder)
    else:
        _write_file(archive, entry, os.open(name, _NEW_FILE, 0o666, dir_fd=folder))


def _write_file(archive: zipfile.ZipFile, entry: Entry, descriptor: int) -> None:
    with os.fdopen(descriptor, "wb") as file, archive.open(entry.info) as content:
        shutil.copyfileobj(content, file, 1 << 20)
        if entry.permissions:
            os.fchmod(descriptor, entry.permissions | stat.S_IRUSR | stat.S_IWUSR)


@contextlib.contextmanager
def _named(entry: Entry) -> Iterator[None]:
    """Add the entry's name to every error."""
    try:
        yield
    except _DAMAGED as error:
        raise ArchiveError(f"archive entry {entry.name!r} is damaged: {error}") from error
    except NotADirectoryError as error:
        raise ArchiveError(
            f"archive entry {entry.name!r} would be written through a file or a link that is there already"
        ) from error
    except OSError as error:
        raise ArchiveError(f"archive entry {entry.name!r} cannot be unpacked: {error.strerror}") from error


def _check_room(entries: list[Entry], into: Path) -> None:
    size, free = sum(entry.info.file_size for entry in entries), shutil.disk_usage(into).free
    if size > free:
        raise ArchiveError(
            f"the archive would unpack to {size:,} bytes, and {into} has room for {free:,}: free some space"
        )
