"""keep_times.py MEMORY: gives unchanged files the times they had in the build before.

cargo tells by a file's time whether it changed. A build's files come out of an archive, so their times
say nothing: all new, and everything is compiled again; or all as old as the commit, and a change may
not be noticed beside a cache that is younger. Here the content decides. What is as it was gets its old
time back, everything else the present one. MEMORY is kept with the cache that the times belong to.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

Times = dict[str, tuple[str, int]]

MADE_BY_TOOLS = {".git", ".venv", "build", "node_modules", "target"}


def main(memory: Path) -> None:
    before = _read(memory)
    now = time.time_ns()
    times: Times = {}
    for file in _files():
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        known, then = before.get(str(file), ("", now))
        times[str(file)] = (content, then if known == content else now)
        os.utime(file, ns=(times[str(file)][1], times[str(file)][1]))
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.write_text(json.dumps(times))


def _files() -> Iterator[Path]:
    for where, below, names in os.walk("."):
        below[:] = [name for name in below if name not in MADE_BY_TOOLS]
        yield from (Path(where, name) for name in names if not Path(where, name).is_symlink())


def _read(memory: Path) -> Times:
    try:
        return {name: (content, then) for name, (content, then) in json.loads(memory.read_text()).items()}
    except (FileNotFoundError, ValueError):  # no build before, or one that was killed as it wrote
        return {}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
