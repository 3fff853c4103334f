"""Reads files of folders that a project filled, without following a link out of them.

A link may lead anywhere: CodeBuild keeps absolute ones in artifacts. It is harmless as long as no process
that may read more than the project's own reads through it.
"""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rehearsal.archive.entries import ArchiveError


class OutsideError(ArchiveError):
    """What was to be read lies outside the folders that may be read."""


def lies_within(path: Path, *folders: Path) -> bool:
    """Whether the path leads, all links followed, to something in one of the folders."""
    real = Path(os.path.realpath(path))
    return any(real.is_relative_to(os.path.realpath(folder)) for folder in folders)


@contextlib.contextmanager
def open_within(path: Path, *folders: Path) -> Iterator[BinaryIO]:
    """A regular file, wherever links lead to it in these folders.

    The check is made on what was opened, so that nobody can exchange it between check and use; nor does
    opening wait for the writer of a named pipe.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        opened = Path(f"/proc/self/fd/{descriptor}").readlink()
        if not any(opened.is_relative_to(os.path.realpath(folder)) for folder in folders):
            raise OutsideError(f"{path} is a link to {opened}, which is not the project's own")
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OutsideError(f"{path} is not a file")
        yield file
