"""Requests checked against AWS's own model of the API, as the service does before it looks further."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape

from rehearsal.cloud.extension import ServiceError


@cache
def service_model() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("codepipeline", "service-2"))


def check(operation: str, payload: Mapping[str, Any]) -> None:
    """Raises the `ValidationException` that AWS would answer with."""
    shape = service_model().operation_model(operation).input_shape
    if shape is not None and (problems := list(_problems(shape, payload, ""))):
        plural = "s" if len(problems) > 1 else ""
        raise ServiceError(
            "ValidationException",
            f"{len(problems)} validation error{plural} detected: {'; '.join(problems)}",
        )


def known_operations() -> list[str]:
    return list(service_model().operation_names)


def _problems(shape: Shape, value: Any, path: str) -> list[str]:
    if value is None:
        return []
    if isinstance(shape, StructureShape):
        return _in_structure(shape, value, path)
    if isinstance(shape, ListShape):
        return _in_list(shape, value, path)
    if isinstance(shape, MapShape):
        return _in_map(shape, value, path)
    if isinstance(shape, StringShape) or shape.type_name == "string":
        return _in_text(shape, value, path)
    return _in_number(shape, value, path)


def _in_structure(shape: StructureShape, value: Any, path: str) -> list[str]:
    if not isinstance(value, Mapping):
        return [_failed(path, value, "Member must be an object")]
    found = [
        _failed(_below(path, name), None, "Member must not be null")
        for name in shape.required_members
        if value.get(name) is None
    ]
    for name, item in value.items():
        if name in shape.members:
            found += _problems(shape.members[name], item, _below(path, name))
        else:
            found.append(f"'{_below(path, name)}' is not a member of {shape.name}")
    return found


def _in_list(shape: ListShape, value: Any, path: str) -> list[str]:
    if not isinstance(value, list):
        return [_failed(path, value, "Member must be a list")]
    found = _size(shape, len(value), path, value)
    for number, item in enumerate(value, start=1):
        found += _problems(shape.member, item, f"{path}.{number}.member")
    return found


def _in_map(shape: MapShape, value: Any, path: str) -> list[str]:
    if not isinstance(value, Mapping):
        return [_failed(path, value, "Member must be an object")]
    found = _size(shape, len(value), path, value)
    for name, item in value.items():
        found += _problems(shape.key, name, f"{path}.key") + _problems(shape.value, item, f"{path}.{name}")
    return found


def _in_text(shape: Shape, value: Any, path: str) -> list[str]:
    if not isinstance(value, str):
        return [_failed(path, value, "Member must be text")]
    found = _size(shape, len(value), path, value)
    allowed = getattr(shape, "enum", [])
    if allowed and value not in allowed:
        found.append(_failed(path, value, f"Member must satisfy enum value set: [{', '.join(allowed)}]"))
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        found.append(_failed(path, value, f"Member must satisfy regular expression pattern: {pattern}"))
    return found


def _in_number(shape: Shape, value: Any, path: str) -> list[str]:
    if shape.type_name == "boolean":
        return [] if isinstance(value, bool) else [_failed(path, value, "Member must be true or false")]
    if shape.type_name in ("integer", "long"):
        if not isinstance(value, int) or isinstance(value, bool):
            return [_failed(path, value, "Member must be a whole number")]
        return _size(shape, value, path, value, "Member must have value")
    return []


def _size(shape: Shape, size: int, path: str, value: Any, what: str = "Member must have length") -> list[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        return [_failed(path, value, f"{what} greater than or equal to {low}")]
    if high is not None and size > high:
        return [_failed(path, value, f"{what} less than or equal to {high}")]
    return []


def _failed(path: str, value: Any, constraint: str) -> str:
    shown = "null" if value is None else f"'{str(value)[:200]}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
