"""One canonical text for every template value, so that values can be compared and read.

`{"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::x"]]}` and the `Fn::Sub` that says the
same become the same `arn:${AWS::Partition}:s3:::x`.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Json = Any


def text(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        function = _intrinsic(value)
        return function if function is not None else json.dumps(readable(value), sort_keys=True)
    if isinstance(value, list):
        return "[" + ", ".join(text(item) for item in value) + "]"
    return json.dumps(value)


def texts(value: Json) -> tuple[str, ...]:
    """A value that may be one thing or a list of things, as IAM writes them."""
    if value is None:
        return ()
    return tuple(text(item) for item in value) if isinstance(value, list) else (text(value),)


def is_true(value: Json) -> bool:
    return text(value).lower() == "true"


def readable(value: Json) -> Json:
    """The same structure with every intrinsic function written as text."""
    if isinstance(value, Mapping):
        function = _intrinsic(value)
        return function if function is not None else {key: readable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [readable(item) for item in value]
    return value


def reference(value: Json) -> str:
    """`${Role}` and `${Role.Arn}` name the resource `Role`; anything else names itself."""
    written = text(value)
    found = re.fullmatch(r"\$\{([A-Za-z0-9]+)(\.[A-Za-z.]+)?\}", written)
    return found.group(1) if found else written


def plain(written: str) -> str:
    """For people: `${Queue4A7E3555.Arn}` is the queue called `Queue`."""
    return re.sub(r"\$\{([A-Za-z0-9]+?)(?:[0-9A-F]{8})?(?:\.[A-Za-z.]+)?\}", r"\1", written)


def references(value: Json) -> frozenset[str]:
    """Every logical id that a value mentions."""
    return frozenset(re.findall(r"\$\{([A-Za-z0-9]+)(?:\.[A-Za-z.]+)?\}", text(readable(value))))


def _intrinsic(value: Mapping[str, Json]) -> str | None:
    if len(value) != 1:
        return None
    ((name, argument),) = value.items()
    if name == "Ref":
        return f"${{{argument}}}"
    if not name.startswith("Fn::"):
        return None
    return _FUNCTIONS.get(name, _other(name))(argument)


def _join(argument: Json) -> str:
    delimiter, items = argument
    if not isinstance(items, list):
        return f"join({delimiter!r}, {text(items)})"
    return str(delimiter).join(text(item) for item in items)


def _attribute(argument: Json) -> str:
    return f"${{{argument if isinstance(argument, str) else '.'.join(text(part) for part in argument)}}}"


def _substitute(argument: Json) -> str:
    if isinstance(argument, str):
        return argument
    template, values = argument
    return re.sub(
        r"\$\{([^!}]+)\}",
        lambda found: text(values[found.group(1)]) if found.group(1) in values else found.group(0),
        str(template),
    )


def _other(name: str) -> Callable[[Json], str]:
    def written(argument: Json) -> str:
        items = argument if isinstance(argument, list) else [argument]
        return f"{name.removeprefix('Fn::')}({', '.join(text(item) for item in items)})"

    return written


_FUNCTIONS: Mapping[str, Callable[[Json], str]] = {
    "Fn::Join": _join,
    "Fn::GetAtt": _attribute,
    "Fn::Sub": _substitute,
}
