"""File patterns, matched in time that grows with the path, whatever the pattern looks like.

    ?      one character of a path's part
    *      any characters of a path's part
    **     any characters, across parts
    **/    nothing, or anything that ends with a slash

and, with `choices`, `[a-z]`, `[!a-z]` and `{one,two}`. A pattern becomes a state machine in which several
states may be active at a time. A regular expression of the same meaning would try one way after the other,
which for `**/*a*/**/*b*/**` and its kind never ends.
"""

import functools
import re
from collections.abc import Callable

_Accepts = Callable[[str], bool]
_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|.", re.DOTALL)
_TOKEN_OR_CHOICE = re.compile(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|\{[^}]+\}|.", re.DOTALL)
_CACHED_STEPS = 20_000
_END = 0


@functools.lru_cache(maxsize=256)
def glob(pattern: str, *, choices: bool = False) -> "Glob":
    return Glob(pattern, tokens=_TOKEN_OR_CHOICE if choices else _TOKEN)


class Glob:
    def __init__(self, pattern: str, *, tokens: re.Pattern[str]) -> None:
        self._tokens = tokens
        self._accepts: list[_Accepts] = [_nothing]
        self._after: list[int] = [_END]
        self._free: list[tuple[int, ...]] = [()]
        self._start = self._closure({self._chain(pattern, _END)})
        self._steps: dict[tuple[frozenset[int], str], frozenset[int]] = {}

    def matches(self, path: str) -> bool:
        active = self._start
        for character in path:
            active = self._step(active, character)
            if not active:
                return False
        return _END in active

    def _step(self, active: frozenset[int], character: str) -> frozenset[int]:
        known = self._steps.get((active, character))
        if known is None:
            if len(self._steps) > _CACHED_STEPS:
                self._steps.clear()
            known = self._closure({self._after[it] for it in active if self._accepts[it](character)})
            self._steps[active, character] = known
        return known

    def _closure(self, states: set[int]) -> frozenset[int]:
        """The states with all states that they reach without input."""
        waiting = list(states)
        while waiting:
            new = set(self._free[waiting.pop()]) - states
            states |= new
            waiting += new
        return frozenset(states)

    def _chain(self, pattern: str, after: int) -> int:
        """The first state of a pattern that is followed by `after`."""
        for piece in reversed(self._tokens.findall(pattern)):
            after = self._state_of(piece, after)
        return after

    def _state_of(self, piece: str, after: int) -> int:
        if piece == "**/":
            return self._fork(after, self._loop(_anything, self._add("/".__eq__, after)))
        if piece in ("**", "*"):
            return self._loop(_anything if piece == "**" else _in_a_part, after)
        if piece == "?":
            return self._add(_in_a_part, after)
        if len(piece) > 1 and piece[0] == "{":
            return self._fork(*(self._chain(choice, after) for choice in piece[1:-1].split(",")))
        return self._add(_member_of(piece[1:-1]) if len(piece) > 1 else piece.__eq__, after)

    def _add(self, accepts: _Accepts, after: int) -> int:
        self._accepts.append(accepts)
        self._after.append(after)
        self._free.append(())
        return len(self._free) - 1

    def _fork(self, *to: int) -> int:
        state = self._add(_nothing, _END)
        self._free[state] = to
        return state

    def _loop(self, accepts: _Accepts, after: int) -> int:
        state = self._add(accepts, len(self._free))
        self._free[state] = (after,)
        return state


def _nothing(_: str) -> bool:
    return False


def _anything(_: str) -> bool:
    return True


def _in_a_part(character: str) -> bool:
    return character != "/"


def _member_of(content: str) -> _Accepts:
    """What stands between square brackets."""
    wanted = not content.startswith("!")
    pairs = re.findall(r"(.)-(.)|(.)", content if wanted else content[1:], re.DOTALL)
    ranges = [(first or single, last or single) for first, last, single in pairs]
    return lambda character: any(low <= character <= high for low, high in ranges) is wanted
