"""How long alarms are watched (`slipway rehearse --bake`), for what runs now.

Like the stages that are left out, it is a wish of the person at this rehearsal and no part of a
definition: a file, which also holds across the restart after a self-mutation.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rehearsal.home import Home


def bake_seconds(home: Home, usually: float | None) -> float | None:
    """None means the real minutes of the rule."""
    try:
        found = json.loads(_file(home).read_text())
    except FileNotFoundError:
        return usually
    return None if found is None else float(found)


@contextmanager
def baking(home: Home, seconds: float | None) -> Iterator[None]:
    """Watch alarms for so long inside the block; None keeps the rules' own minutes."""
    _file(home).write_text(json.dumps(seconds))
    try:
        yield
    finally:
        _file(home).unlink()


def _file(home: Home) -> Path:
    return home.root / "bake.json"
