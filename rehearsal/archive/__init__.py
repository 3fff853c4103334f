"""Zip files that somebody else made, and the folders that are unpacked from them.

Source and build artifacts, uploads to S3, and the code of functions and agents all come from a project.
Whatever they hold, nothing is written outside the folder that they are unpacked to, and no file outside
of it is read through a link that came with them. `docs/decisions/zip-files.md` says what is refused.
"""

from rehearsal.archive.entries import ARTIFACT, CODE, ArchiveError, Kind, Limit, checked_entries, checked_path
from rehearsal.archive.packing import pack
from rehearsal.archive.reading import OutsideError, lies_within, open_within
from rehearsal.archive.unpacking import open_zip, read_entry, read_member, unpack, unpack_zip

__all__ = [
    "ARTIFACT",
    "CODE",
    "ArchiveError",
    "Kind",
    "Limit",
    "OutsideError",
    "checked_entries",
    "checked_path",
    "lies_within",
    "open_within",
    "open_zip",
    "pack",
    "read_entry",
    "read_member",
    "unpack",
    "unpack_zip",
]
