"""Stages that a person wants left out of what runs now (`slipway rehearse --only STAGE`).

AWS has no such thing, so it is no part of a pipeline's definition. The wish is a file that the engine
reads at each stage's door; so it also holds across the restart after a self-mutation.
"""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from rehearsal.home import Home


def left_out_stages(home: Home) -> frozenset[str]:
    try:
        return frozenset(json.loads(_file(home).read_text()))
    except FileNotFoundError:
        return frozenset()


@contextmanager
def leaving_out(home: Home, stages: Collection[str]) -> Iterator[None]:
    if not stages:
        yield
        return
    _file(home).write_text(json.dumps(sorted(stages)))
    try:
        yield
    finally:
        _file(home).unlink()


def _file(home: Home) -> Path:
    return home.root / "left-out-stages.json"
