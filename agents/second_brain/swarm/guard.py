"""What stands between retrieved text and a model, and between a model and the person.

Retrieved text is handed over as JSON between `<data>` marks. Inside it every `<` is escaped, so that no
text can end its own fence, and characters that nobody sees (zero-width and bidirectional controls, the
Unicode tags that models read and people do not) are gone.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any
from uuid import UUID

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_KEPT = frozenset("\n\t\u200c\u200d")
"""Joiners shape Persian and Indic words and many emoji."""
_WORD = re.compile(r"\w+")
_URL = re.compile(r"(?:https?|ftp)://[^\s<>\"')\]]+|www\.[^\s<>\"')\]]+", re.IGNORECASE)
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]*)[^)]*\)")
_HTML = re.compile(r"</?[a-z!][^>]*>", re.IGNORECASE)
_CITATION = re.compile(r"\s?\[\[([0-9a-f-]{36})\]\]", re.IGNORECASE)
_LONGEST_ANSWER = 8000
_REMOVED = "(address removed)"


def clean(text: str) -> str:
    """Without characters that nobody sees."""
    return "".join(char for char in text if char in _KEPT or unicodedata.category(char) not in _INVISIBLE)


def fenced(data: Any) -> str:
    """As JSON that a model can tell from instructions."""
    body = json.dumps(_cleaned(data), ensure_ascii=False, default=str).replace("<", "\\u003c")
    return f"<data>{body}</data>"


def _cleaned(data: Any) -> Any:
    match data:
        case str():
            return clean(data)
        case dict():
            return {key: _cleaned(value) for key, value in data.items()}
        case list() | tuple():
            return [_cleaned(value) for value in data]
        case _:
            return data


def says_more_than(text: str, person: str) -> list[str]:
    """Words of `text` that the person did not use, in whatever case."""
    used = _words(person)
    return sorted(_words(text) - used)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def cited(answer: str, *, shown: Iterable[UUID]) -> list[UUID]:
    """The ids that the answer marks as `[[id]]` and that were shown, in order of their first use."""
    known = set(shown)
    marked = (_uuid(found[1]) for found in _CITATION.finditer(answer))
    return list(dict.fromkeys(found for found in marked if found in known))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def sealed(answer: str, *, known: str) -> str:
    """The answer as a person gets it: no marks, no markup that loads or hides anything, and no address
    except those that stand in `known`, for a made-up one could carry what was read to somebody else."""
    text = _CITATION.sub("", clean(answer))
    text = _HTML.sub("", _LINK.sub(r"\1 \2", _IMAGE.sub(r"\1", text)))
    addresses = {_bare(found[0]) for found in _URL.finditer(known)}
    text = _URL.sub(lambda found: found[0] if _bare(found[0]) in addresses else _REMOVED, text)
    return text.strip()[:_LONGEST_ANSWER]


def _bare(address: str) -> str:
    return address.rstrip(".,;:!?")
