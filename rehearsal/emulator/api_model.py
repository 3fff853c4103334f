"""Validates requests against AWS's own API models before a handler processes them.

botocore's validator is for clients: it does not check patterns, string lengths and enumerations, nor input
that only clients in other languages can send. A `null` member counts as absent, as on AWS.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import regex
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape

from rehearsal.emulator.extension import ResourceArn, ServiceError, ServiceHandler, ServiceRequest


@cache
def service_model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"))


@dataclass(frozen=True, kw_only=True)
class ApiModel:
    """`code` is the service's error for input that its model does not allow."""

    service: str
    code: str

    @property
    def operations(self) -> list[str]:
        return list(service_model(self.service).operation_names)

    def checked(self, request: ServiceRequest) -> ServiceRequest:
        """The request without null members; raises `ServiceError` if it is not valid."""
        if request.operation not in self.operations:
            raise ServiceError(
                "UnknownOperationException", f"{self.service} has no operation {request.operation!r}"
            )
        shape = service_model(self.service).operation_model(request.operation).input_shape
        if shape is None:
            return request
        payload = _without_nothing(request.payload)
        if problems := _problems(shape, payload, ""):
            plural = "s" if len(problems) > 1 else ""
            raise ServiceError(
                self.code, f"{len(problems)} validation error{plural} detected: {'; '.join(problems[:10])}"
            )
        return replace(request, payload=payload)

    def handler(self, handler: ServiceHandler) -> ServiceHandler:
        """A handler that receives only valid requests."""
        return lambda request: handler(self.checked(request))

    def resource_arn(self, resource_arn: ResourceArn) -> ResourceArn:
        """Authorisation runs before the handler; an invalid request has no resource."""

        def arn(request: ServiceRequest) -> str:
            try:
                return resource_arn(self.checked(request))
            except ServiceError:
                return "*"

        return arn


def _without_nothing(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_nothing(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nothing(item) for item in value]
    return value


def _problems(shape: Shape, value: Any, path: str) -> list[str]:
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
    if any("\ud800" <= character <= "\udfff" for character in value):
        return [_failed(path, None, "Member must be valid Unicode")]
    found = _size(shape, len(value), path, value)
    allowed = getattr(shape, "enum", [])
    if allowed and value not in allowed:
        found.append(_failed(path, value, f"Member must satisfy enum value set: [{', '.join(allowed)}]"))
    pattern = shape.metadata.get("pattern")
    if not found and pattern and not _pattern(pattern).fullmatch(value):
        found.append(_failed(path, value, f"Member must satisfy regular expression pattern: {pattern}"))
    return found


@cache
def _pattern(pattern: str) -> regex.Pattern[str]:
    """Compile the pattern; models use Java's dialect, such as `\\p{L}`."""
    return regex.compile(pattern)


def _in_number(shape: Shape, value: Any, path: str) -> list[str]:
    expected, fits = _KINDS[shape.type_name]
    if not fits(value):
        return [_failed(path, value, f"Member must be {expected}")]
    if shape.type_name in ("integer", "long"):
        return _size(shape, value, path, value, "Member must have value")
    return []


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "integer": ("a whole number", _is_whole),
    "long": ("a whole number", _is_whole),
    "float": ("a number", _is_number),
    "double": ("a number", _is_number),
    "timestamp": ("a time", lambda value: _is_number(value) or isinstance(value, str)),
    "blob": ("text in base 64", lambda value: isinstance(value, str)),
}


def _size(shape: Shape, size: int, path: str, value: Any, what: str = "Member must have length") -> list[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        return [_failed(path, value, f"{what} greater than or equal to {low}")]
    if high is not None and size > high:
        return [_failed(path, value, f"{what} less than or equal to {high}")]
    return []


def _failed(path: str, value: Any, constraint: str) -> str:
    shown = "null" if value is None else f"'{_printable(str(value)[:200])}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def _printable(text: str) -> str:
    return text.encode(errors="replace").decode()


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
