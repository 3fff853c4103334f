"""Masks secrets in logs, even if a program writes them in pieces.

Text is masked one whole line at a time. A line that is too long to buffer is split only at a position that is
inside no secret.
"""

import codecs
import json
import re
import urllib.parse
from collections.abc import Iterable, Iterator

HIDDEN = "***"
_ACCESS_KEY = r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
_SHORTEST = 3
"""Shorter secrets are not masked: they would hide half of every log and protect nothing."""


class Masker:
    """Replaces secrets, and anything that looks like an AWS access key, by `***`."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: frozenset[str] = frozenset()
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        forms = (form for secret in secrets for form in _forms(secret))
        self._secrets |= {form for form in forms if len(form) >= _SHORTEST}
        longest_first = sorted(self._secrets, key=len, reverse=True)
        self._pattern = re.compile("|".join([*map(re.escape, longest_first), _ACCESS_KEY]))
        self._longest = max(20, *map(len, self._secrets)) if self._secrets else 20

    def mask(self, text: str) -> str:
        return self._pattern.sub(HIDDEN, text)

    def cut(self, text: str) -> int:
        """The last position where `text` can be split while more of it is to come."""
        place = max(0, len(text) - self._longest)
        for found in self._pattern.finditer(text):
            if found.start() < place < found.end():
                return found.start()
        return place


def _forms(secret: str) -> Iterator[str]:
    """The secret as it is, as JSON and URLs encode it, and each line of a multi-line secret."""
    yield secret
    yield json.dumps(secret)[1:-1]
    yield urllib.parse.quote(secret, safe="")
    if "\n" in secret.strip():
        yield from (line.strip() for line in secret.splitlines() if len(line.strip()) > _SHORTEST)


class MaskedLines:
    """Turns a stream of bytes into masked lines."""

    LONGEST_LINE = 64 * 1024

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending = ""

    def feed(self, chunk: bytes) -> Iterator[str]:
        self._pending += self._decoder.decode(chunk)
        *lines, self._pending = self._pending.split("\n")
        for line in lines:
            yield self._masker.mask(line.removesuffix("\r"))
        if len(self._pending) > self.LONGEST_LINE:
            place = self._masker.cut(self._pending)
            yield self._masker.mask(self._pending[:place])
            self._pending = self._pending[place:]

    def flush(self) -> Iterator[str]:
        """The last line, if it has no line end."""
        rest, self._pending = self._pending + self._decoder.decode(b"", final=True), ""
        if rest:
            yield self._masker.mask(rest)
