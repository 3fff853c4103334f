"""A file in the home folder of whoever runs the tests, which no step of a rehearsal may read."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

TEXT = "for its owner only"


@contextlib.contextmanager
def personal_file() -> Iterator[Path]:
    folder = Path.home() / ".slipway-tests"
    folder.mkdir(exist_ok=True)
    file = folder / f"{uuid4().hex}.txt"
    file.write_text(TEXT)
    try:
        yield file
    finally:
        file.unlink()
