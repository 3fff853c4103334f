"""CloudFormation properties in the shape that a service's API expects.

The two describe the same things in different spellings: `AgentRuntimeArtifact` here, `agentRuntimeArtifact`
there; numbers that a template carries as text; tags as a list in one and a map in the other; a word where
the API has a structure of one member. botocore's model of the operation says what the API wants, so no
type needs a conversion of its own.
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
    """The value, its keys and scalars as `shape` has them; keys that it lacks are left out."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return _structure(value, shape)
    if isinstance(shape, StructureShape) and len(shape.members) == 1:
        return {name: to_api(value, member) for name, member in shape.members.items()}
    if isinstance(shape, ListShape):
        return [to_api(item, shape.member) for item in _as_list(value)]
    if isinstance(shape, MapShape):
        return {key: to_api(item, shape.value) for key, item in _as_map(value).items()}
    return _scalar(value, shape)


def unknown_to_api(properties: Mapping[str, Any], shape: StructureShape) -> frozenset[str]:
    """Properties that the operation has no member for."""
    members = {name.lower() for name in shape.members}
    return frozenset(name for name in properties if name.lower() not in members)


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
