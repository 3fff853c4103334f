"""Zip files from a project, and the folders to which they are unpacked.

Source and build artifacts, uploads to S3, and the code of functions and agents all come from a project.
Whatever they contain, nothing is written outside the folder to which they are unpacked, and no file outside
it is read through a link in them. `docs/decisions/zip-files.md` says what is refused.
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
