"""One line for each mistake: file, key, value, reason, remedy."""

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Location = tuple[int | str, ...]


@dataclass(frozen=True, kw_only=True)
class Mistake:
    key: str
    value: object
    reason: str
    remedy: str

    def line(self, file: str) -> str:
        value = "" if self.value is None else f" = {_shown(self.value)}"
        return f"{file}: {self.key}{value}: {self.reason}; {self.remedy}"


class DeliveryError(Exception):
    """Something that a person must put right before anything can be synthesised; says what and how."""


class ConfigurationError(DeliveryError):
    """Every mistake found in one reading of the file, one line each."""

    def __init__(self, *, file: str, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(mistake.line(file) for mistake in mistakes))


def mistakes_of(
    error: ValidationError, *, model: type[BaseModel], document: Mapping[str, Any], prefix: str = ""
) -> Iterator[Mistake]:
    """Say a pydantic error in the words of the file. `document` is what the model was given."""
    everything = error.errors()
    for details in everything:
        location = details["loc"]
        if _holds_another(location, everything):
            continue
        key = prefix + written_key(location, document)
        if details["type"] == "extra_forbidden":
            yield _unknown_key(key, location, model)
        elif details["type"] == "missing":
            yield _missing_key(key, location, model)
        else:
            yield _wrong_value(key, details, model)


def written_key(location: Location, document: Any) -> str:
    """`("environment", 1, "region")` as a person sees it: `environment[staging].region`."""
    key, here = "", document
    for part in location:
        here = _step(here, part)
        if isinstance(part, int):
            name = here.get("name") if isinstance(here, Mapping) else None
            key += f"[{name if isinstance(name, str) else part + 1}]"
        else:
            key += f".{part}" if key else part
    return key


def did_you_mean(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"known are {', '.join(sorted(known))}" if known else "none are known"


def _holds_another(location: Location, errors: Sequence[ErrorDetails]) -> bool:
    """A list whose items are wrong is also called too short; the items tell more."""
    return any(
        len(other["loc"]) > len(location) and other["loc"][: len(location)] == location for other in errors
    )


def _unknown_key(key: str, location: Location, model: type[BaseModel]) -> Mistake:
    owner = _model_at(model, location[:-1])
    return Mistake(
        key=key,
        value=None,
        reason="there is no such key",
        remedy=did_you_mean(str(location[-1]), list(owner.model_fields)),
    )


def _missing_key(key: str, location: Location, model: type[BaseModel]) -> Mistake:
    return Mistake(
        key=key, value=None, reason="it is missing", remedy=f"write {_expectation(model, location)}"
    )


def _wrong_value(key: str, details: ErrorDetails, model: type[BaseModel]) -> Mistake:
    if details["type"] == "value_error":
        reason, _, remedy = str(details["ctx"]["error"]).partition("; ")
        return Mistake(key=key, value=details["input"], reason=reason, remedy=remedy)
    return Mistake(
        key=key,
        value=details["input"],
        reason=_REASONS.get(details["type"], details["msg"][:1].lower() + details["msg"][1:]),
        remedy=f"write {_expectation(model, details['loc'])}",
    )


_REASONS = {
    "string_pattern_mismatch": "it has the wrong form",
    "string_too_long": "it is too long",
    "string_type": "it is not text in quotes",
    "literal_error": "it is none of the words that are allowed",
    "int_type": "it is not a whole number",
    "too_short": "it has too few items",
    "too_long": "it has more items than are allowed",
    "bool_type": "it is neither true nor false",
    "bool_parsing": "it is neither true nor false",
}


def _expectation(model: type[BaseModel], location: Location) -> str:
    """The description of the innermost field on the way to a location."""
    for length in range(len(location), 0, -1):
        if isinstance(location[length - 1], int):
            continue
        field = _model_at(model, location[: length - 1]).model_fields.get(str(location[length - 1]))
        description = field and (field.description or _description_in(field.annotation))
        if description:
            return description
    return "a valid value"


def _description_in(annotation: Any) -> str | None:
    """Of `Annotated[str, Field(description=…)] | None`, whose description pydantic leaves inside."""
    for metadata in getattr(annotation, "__metadata__", ()):
        if getattr(metadata, "description", None):
            return str(metadata.description)
    inner = (_description_in(argument) for argument in getattr(annotation, "__args__", ()))
    return next(filter(None, inner), None)


def _model_at(model: type[BaseModel], location: Location) -> type[BaseModel]:
    for part in location:
        field = model.model_fields.get(str(part))
        inner = _model_in(field.annotation) if field else None
        model = inner or model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found:
            return found
    return None


def _step(here: Any, part: int | str) -> Any:
    try:
        return here[part]
    except (KeyError, IndexError, TypeError):
        return None


def _shown(value: object) -> str:
    shown = json.dumps(value, default=str, ensure_ascii=False)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."
