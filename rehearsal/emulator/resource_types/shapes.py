"""Converts CloudFormation properties to the input of a service's API.

Both describe the same things differently: `AgentRuntimeArtifact` and `agentRuntimeArtifact`; numbers that a
template has as strings; tags as a list or a map; a string where the API has a structure with one member.
botocore's model of the operation defines the target, so no type needs its own conversion.
"""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

_SCALARS: Mapping[str, Callable[[Any], Any]] = {
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "string": str,
}


def to_api(value: Any, shape: Shape | None) -> Any:
    """The value with keys and scalars as `shape` defines them; keys that it does not define are dropped."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return _structure(value, shape)
    if isinstance(shape, StructureShape) and len(shape.members) == 1:
        return {name: to_api(value, member) for name, member in shape.members.items()}
    if isinstance(shape, ListShape):
        return [to_api(item, shape.member) for item in _as_list(value)]
    if isinstance(shape, MapShape):
        return {key: to_api(item, shape.value) for key, item in _as_map(value).items()}
    return _scalar(value, shape)


def _structure(value: Mapping[str, Any], shape: StructureShape) -> dict[str, Any]:
    members = {name.lower(): name for name in shape.members}
    found = {members[key.lower()]: item for key, item in value.items() if key.lower() in members}
    return {name: to_api(item, shape.members[name]) for name, item in found.items()}


def _scalar(value: Any, shape: Shape | None) -> Any:
    kind = shape.type_name if shape else ""
    if kind == "boolean":
        return value if isinstance(value, bool) else str(value).lower() == "true"
    return _SCALARS.get(kind, lambda same: same)(value)


def _as_list(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [{"Key": key, "Value": item} for key, item in value.items()]
    return list(value) if isinstance(value, list | tuple) else [value]


def _as_map(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    return {pair["Key"]: pair["Value"] for pair in value}
