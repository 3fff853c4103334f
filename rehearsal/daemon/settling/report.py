"""What the last start settled, printed by `slipway up`."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

_log = logging.getLogger("rehearsal.cloud")


def write(home: Path, sentences: Sequence[str]) -> None:
    for sentence in sentences:
        _log.warning(sentence)
    (home / "settled.json").write_text(json.dumps(list(sentences)))


def read(home: Path) -> tuple[str, ...]:
    try:
        return tuple(json.loads((home / "settled.json").read_text()))
    except (FileNotFoundError, ValueError):
        return ()
