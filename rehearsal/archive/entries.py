"""Checks the table of a zip file as a whole before any entry is written.

Nothing here touches a file. An entry that could be written outside its folder is refused by name. Unusual
names that honest projects have are accepted: links inside the folder, dangling links, and names that differ
in case only.
"""

import os
import re
import stat
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

_GIB = 1024**3
_LONGEST_NAME = 255
_LONGEST_PATH = 3000
_LONGEST_LINK = 4095
_DEEPEST = 256
"""Linux takes 255 bytes for a name and 4,096 for a path; walking a tree recurses once for each level."""

_ENCRYPTED = 0x1 | 0x40
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")
_DRIVE = re.compile(r"[A-Za-z]:(/|$)")


class ArchiveError(Exception):
    """A zip file that cannot be read, or an entry that must not be unpacked."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """The largest unpacked size, so that a small zip file cannot fill the disk."""

    size: int
    entries: int

    def check(self, entries: list[zipfile.ZipInfo]) -> None:
        size = sum(entry.file_size for entry in entries)
        if len(entries) > self.entries:
            raise ArchiveError(f"the archive holds {len(entries):,} entries, more than {self.entries:,}")
        if size > self.size:
            raise ArchiveError(
                f"the archive would unpack to {size / _GIB:.1f} GB, more than {self.size / _GIB:.0f} GB"
            )


ARTIFACT = Limit(size=32 * _GIB, entries=1_000_000)
"""CodePipeline takes a few GB, zipped, from an S3 source and less from every other."""

CODE = Limit(size=2 * _GIB, entries=200_000)
"""Lambda takes 250 MB, unpacked, for a function with its layers."""


LONGEST_DOCUMENT = 256 * 1024**2
"""For one file that is read as a whole: CodePipeline accepts no larger artifact for CloudFormation."""


class Kind(Enum):
    FILE = "file"
    FOLDER = "folder"
    LINK = "link"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry, with its path below the folder to which it is unpacked."""

    info: zipfile.ZipInfo
    path: tuple[str, ...]
    kind: Kind

    @property
    def name(self) -> str:
        return self.info.filename

    @property
    def permissions(self) -> int:
        """Read, write and execute bits; 0 if the archive has none. Never set-user-id and similar bits."""
        return (self.info.external_attr >> 16) & 0o777


def checked_entries(archive: zipfile.ZipFile, limit: Limit) -> list[Entry]:
    """Every entry, in the archive's order; raises `ArchiveError` if one of them may not be unpacked."""
    infos = archive.infolist()
    limit.check(infos)
    entries = [entry for info in infos if (entry := checked_entry(info)).path]
    _check_together(entries)
    return entries


def checked_entry(info: zipfile.ZipInfo) -> Entry:
    if problem := next(_problems(info), None):
        raise ArchiveError(f"archive entry {info.orig_filename[:_LONGEST_NAME]!r} {problem}")
    return Entry(info=info, path=_path(info.filename), kind=_kind(info) or Kind.FILE)


def checked_path(name: str, what: str) -> tuple[str, ...]:
    """The parts of a path below a folder; error messages call it `what`."""
    if problem := next(_name_problems(name), None):
        raise ArchiveError(f"{what} {name[:_LONGEST_NAME]!r} {problem}")
    return _path(name)


def _path(name: str) -> tuple[str, ...]:
    return tuple(part for part in name.split("/") if part not in ("", "."))


def _problems(info: zipfile.ZipInfo) -> Iterator[str]:
    if _UNPRINTABLE.search(info.orig_filename):  # zipfile itself cuts a name at its first NUL
        yield "has a control character in its name"
    yield from _name_problems(info.filename)
    kind = _kind(info)
    if kind is None:
        yield "is neither a file nor a folder nor a link"
    elif kind is Kind.LINK and not 0 < info.file_size <= _LONGEST_LINK:
        yield f"is a link whose target has {info.file_size} characters"
    elif kind is not Kind.FOLDER and info.filename.rstrip("/.") == "":
        yield "has no name"
    if info.flag_bits & _ENCRYPTED:
        yield "is encrypted; make the archive without a password"
    if info.compress_type not in _METHODS:
        yield "is compressed in a way that AWS does not read; use deflate"


def _name_problems(name: str) -> Iterator[str]:
    parts = name.split("/")
    if _UNPRINTABLE.search(name):
        yield "has a control character in its name"
    if name.startswith("/") or ".." in parts or "\\" in name or _DRIVE.match(name):
        yield "would land outside the folder it is unpacked to"
    if not _is_encodable(name):
        yield "has a name that this system cannot write"
    elif max(len(os.fsencode(part)) for part in parts) > _LONGEST_NAME:
        yield f"has a name of more than {_LONGEST_NAME} bytes"
    elif len(parts) > _DEEPEST or len(os.fsencode(name)) > _LONGEST_PATH:
        yield f"lies more than {_DEEPEST} folders or {_LONGEST_PATH} bytes deep"


def _is_encodable(name: str) -> bool:
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return False
    return True


def _kind(info: zipfile.ZipInfo) -> Kind | None:
    """From the mode, if the archive has one; None for a device, a socket or a named pipe."""
    kind, named_folder = stat.S_IFMT(info.external_attr >> 16), info.filename.endswith("/")
    if kind in (0, stat.S_IFREG, stat.S_IFDIR):
        return Kind.FOLDER if named_folder or kind == stat.S_IFDIR else Kind.FILE
    return Kind.LINK if kind == stat.S_IFLNK and not named_folder else None


def _check_together(entries: Iterable[Entry]) -> None:
    """A path must be of one kind in all entries; of two files of one name the last counts."""
    kinds: dict[tuple[str, ...], Kind] = {}
    for entry in entries:
        for depth in range(1, len(entry.path)):
            _check_place(entry, kinds.setdefault(entry.path[:depth], Kind.FOLDER), Kind.FOLDER, depth)
        before = kinds.setdefault(entry.path, entry.kind)
        _check_place(entry, before, entry.kind, len(entry.path))
        kinds[entry.path] = entry.kind


def _check_place(entry: Entry, before: Kind, now: Kind, depth: int) -> None:
    if (before is Kind.FOLDER) != (now is Kind.FOLDER):
        place = "/".join(entry.path[:depth])
        raise ArchiveError(
            f"archive entry {entry.name!r} needs {place!r} to be a {now.value}, "
            f"which another entry makes a {before.value}"
        )
