"""Reads files in a project's folders without following a link out of them.

A link may lead anywhere: CodeBuild keeps absolute ones in artifacts. It is harmless unless a process with
more permissions than the project reads through it.
"""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rehearsal.archive.entries import ArchiveError


class OutsideError(ArchiveError):
    """The file is outside the folders that may be read."""


def lies_within(path: Path, *folders: Path) -> bool:
    """Whether the path, with all links followed, is in one of the folders."""
    real = Path(os.path.realpath(path))
    return any(real.is_relative_to(os.path.realpath(folder)) for folder in folders)


@contextlib.contextmanager
def open_within(path: Path, *folders: Path) -> Iterator[BinaryIO]:
    """Open a regular file; links may lead to it within these folders.

    The check uses the open descriptor, so that nobody can exchange the file between check and use. Opening
    does not wait for the writer of a named pipe.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        opened = Path(f"/proc/self/fd/{descriptor}").readlink()
        if not any(opened.is_relative_to(os.path.realpath(folder)) for folder in folders):
            raise OutsideError(f"{path} is a link to {opened}, which is not the project's own")
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OutsideError(f"{path} is not a file")
        yield file
