"""An incoming request, parsed once for all checks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote

Headers = Sequence[tuple[bytes, bytes]]
_ONCE = (b"host", b"authorization", b"origin", b"x-amz-target", b"content-type", b"sec-fetch-site")
"""Security-relevant headers. If one is sent twice, this layer and the emulator could read different ones."""


class MalformedRequestError(Exception):
    """The request is ambiguous or cannot be parsed."""


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    path: str
    raw_path: str
    """The path as it was sent, which is what a signature covers."""
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    """By lower-case name; values of a header that was sent several times are joined by commas."""

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    def parameter(self, name: str) -> str:
        return (self.query.get(name) or self.query.get(name.lower()) or [""])[0]


def read(scope: Mapping[str, Any]) -> Request:
    """Parse the request; raises `MalformedRequestError`."""
    raw: Headers = scope.get("headers") or ()
    names = [name.lower() for name, _ in raw]
    for name in _ONCE:
        if names.count(name) > 1:
            raise MalformedRequestError(f"the header {name.decode()} was sent twice")
    path = str(scope.get("path", ""))
    raw_path = scope.get("raw_path") or quote(path).encode()
    return Request(
        method=str(scope.get("method", "GET")),
        path=path,
        raw_path=raw_path.decode("latin-1"),
        query=_parsed(scope.get("query_string") or b""),
        headers=_joined(raw),
    )


def _parsed(query: bytes) -> Mapping[str, list[str]]:
    try:
        return parse_qs(query.decode(), keep_blank_values=True)
    except ValueError as error:
        raise MalformedRequestError("the query string cannot be read") from error


def _joined(raw: Headers) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), _decoded(value)
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return headers


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
