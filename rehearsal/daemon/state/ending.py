"""Records how the last daemon of a home ended, in a file whose disk space is allocated at start.

On a full disk no new file can be written. So the daemon first writes that it was killed, padded, and
overwrites that in place when it ends in a better way.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

_SIZE = 4096
_KILLED = "it was killed"


@dataclass(frozen=True)
class Ending:
    problems: tuple[str, ...] = ()
    """Why some of the state is not on disk."""
    cut_off: tuple[str, ...] = ()
    """Operations that were in progress; the next start settles them."""

    @classmethod
    def expect_kill(cls, home: Path) -> None:
        _file(home).write_bytes(_padded(Ending(problems=(_KILLED,))))

    @classmethod
    def last(cls, home: Path) -> "Ending":
        try:
            found = json.loads(_file(home).read_text())
        except (FileNotFoundError, ValueError):
            return Ending()
        return Ending(problems=tuple(found["problems"]), cut_off=tuple(found["cut_off"]))

    @property
    def was_killed(self) -> bool:
        return self.problems == (_KILLED,)

    def write(self, home: Path) -> None:
        file = _file(home)
        with file.open("r+b" if file.exists() else "wb") as opened:
            opened.write(_padded(self))


def _file(home: Path) -> Path:
    return home / "ending.json"


def _padded(ending: Ending) -> bytes:
    text = json.dumps(asdict(ending)).encode()
    return text.ljust(_SIZE) if len(text) <= _SIZE else _padded(_shorter(ending))


def _shorter(ending: Ending) -> Ending:
    return Ending(
        problems=tuple(why[:400] for why in ending.problems[:3]),
        cut_off=tuple(what[:100] for what in ending.cut_off[:3]),
    )
