"""What takes long to make and is only read: made once in a run of pytest, whatever the number of workers."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal.locks import exclusive


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder that `make` has filled in this run, by the first worker that asks; the others wait for it.

    It lies in the run's own temporary folder, so no later run finds it. What a failed attempt leaves is
    removed, and the next who asks tries again and fails for the same reason.
    """
    folder = _of_the_run(factory) / "once" / name
    finished = folder.with_name(f"{name}.finished")
    folder.parent.mkdir(exist_ok=True)
    with exclusive(folder.with_name(f"{name}.lock")):
        if not finished.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            finished.touch()
    return folder


def _of_the_run(factory: pytest.TempPathFactory) -> Path:
    """A worker has a folder of its own in the run's; a process without workers has the run's."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
