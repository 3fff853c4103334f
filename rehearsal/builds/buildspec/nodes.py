"""Reads a parsed document key by key; errors name the path of the key in the document."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.builds.buildspec.model import BuildspecError

Node = Mapping[str, Any]


def section(top: Node, key: str, known: Iterable[str]) -> Node:
    section = mapping(top.get(key) or {}, key)
    known_keys(section, known, key)
    return section


def known_keys(node: Node, known: Iterable[str], where: str) -> None:
    known = tuple(known)
    for key in node:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}"
            raise BuildspecError(f"{where}: unknown key {key!r}; {hint}")


def mapping(value: Any, where: str) -> Node:
    if not isinstance(value, dict):
        raise BuildspecError(f"{where}: a mapping of keys to values is expected, not {kind(value)}")
    return {str(key): item for key, item in value.items()}


def texts(value: Any, where: str) -> tuple[str, ...]:
    """A list of strings; a single string is a list of one."""
    if value in (None, ""):
        return ()
    if isinstance(value, list):
        return tuple(text_of(item, f"{where}[{index}]") for index, item in enumerate(value))
    return (text_of(value, where),)


def text_of(value: Any, where: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or nested(value):
        raise BuildspecError(f"{where}: text is expected, not {kind(value)}")
    return str(value)


def truth(node: Node, key: str, where: str) -> bool:
    text = text_of(node.get(key) or "no", f"{where}.{key}").lower()
    if text not in ("yes", "no", "true", "false"):
        raise BuildspecError(f"{where}.{key}: {text!r} is neither yes nor no")
    return text in ("yes", "true")


def nested(value: Any) -> bool:
    return isinstance(value, dict | list)


def kind(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: f"the text {value!r}", type(None): "nothing"}
    return names.get(type(value), repr(value))
