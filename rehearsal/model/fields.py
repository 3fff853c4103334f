"""Reads one object of a definition strictly, in either spelling.

The API writes `runOrder`, CloudFormation `RunOrder`, and CloudFormation may hand numbers and
booleans over as text. A reader notes which fields were asked for; what remains is unknown, and an
unknown field is an error, because ignoring it would rehearse another pipeline than the real one.
"""

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.model.errors import DefinitionError, Place


class Fields:
    def __init__(self, value: Any, *, place: Place, name: str = "") -> None:
        self._place = place
        self._name = name
        if not isinstance(value, Mapping):
            raise DefinitionError(f"expected an object, found {value!r}", place=place, field=name)
        self._left = {_api_spelling(str(key)): item for key, item in value.items() if item is not None}
        self._asked: list[str] = []

    def at(self, place: Place) -> "Fields":
        """The same fields, with errors that name a narrower place."""
        self._place, self._name = place, ""
        return self

    def take(self, name: str) -> Any:
        """The raw value, or None where the field is absent."""
        self._asked.append(name)
        return self._left.pop(name, None)

    def text(self, name: str) -> str:
        value = self.optional_text(name)
        if not value:
            raise self.error(name, "is missing", remedy="give it a value")
        return value

    def optional_text(self, name: str) -> str | None:
        value = self.take(name)
        if value is None:
            return None
        if isinstance(value, Mapping | list | tuple):
            raise self.error(name, f"must be text, not {json.dumps(value)[:80]}")
        return as_text(value)

    def number(self, name: str, *, low: int, high: int) -> int | None:
        value = self.take(name)
        if value is None:
            return None
        try:
            number = int(str(value))
        except ValueError:
            raise self.error(name, f"must be a whole number, not {value!r}") from None
        if not low <= number <= high:
            raise self.error(name, f"must be from {low} to {high}, not {number}")
        return number

    def flag(self, name: str) -> bool:
        value = self.take(name)
        if value is None:
            return False
        if (text := str(value).lower()) not in ("true", "false"):
            raise self.error(name, f"must be true or false, not {value!r}")
        return text == "true"

    def choice(self, name: str, allowed: Sequence[str]) -> str | None:
        value = self.optional_text(name)
        if value is not None and value not in allowed:
            raise self.error(name, f"{value!r} is not one of {', '.join(allowed)}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(as_text(item) for item in self._list(name))

    def objects(self, name: str) -> list["Fields"]:
        return [Fields(item, place=self._place, name=name) for item in self._list(name)]

    def object(self, name: str) -> "Fields | None":
        value = self.take(name)
        return None if value is None else Fields(value, place=self._place, name=name)

    def mapping(self, name: str) -> dict[str, str]:
        """A free map, whose keys keep their spelling; whatever is not text becomes text."""
        value = self.take(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise self.error(name, f"must be an object, not {value!r}")
        return {str(key): as_text(item) for key, item in value.items() if item is not None}

    def done(self) -> None:
        """Refuse fields that were not read."""
        for name in self._left:
            close = difflib.get_close_matches(name, self._asked, n=1)
            remedy = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(self._asked)}"
            raise self.error(name, "is not a field that CodePipeline knows", remedy=remedy)

    def error(self, name: str, problem: str, *, remedy: str = "") -> DefinitionError:
        field = f"{self._name}.{name}" if self._name else name
        return DefinitionError(problem, place=self._place, field=field, remedy=remedy)

    def _list(self, name: str) -> list[Any]:
        value = self.take(name)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise self.error(name, f"must be a list, not {value!r}")
        return list(value)


def as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _api_spelling(key: str) -> str:
    return key[:1].lower() + key[1:]
