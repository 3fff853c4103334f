"""Which code of the rehearsal runs: a kept embedded AWS may have started before an upgrade or an edit."""

import hashlib
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent


@cache
def fingerprint() -> str:
    """A hash of the package's files as they are when it is first called."""
    found = hashlib.sha256()
    for file in sorted(_PACKAGE.rglob("*")):
        if file.is_file() and file.suffix != ".pyc":
            found.update(f"{file.relative_to(_PACKAGE)}\0".encode())
            found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()[:16]
