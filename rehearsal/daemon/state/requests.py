"""Decides from the service and the operation which state a request changes.

An operation whose name is not one of a read counts as a change; a wrong guess costs only the milliseconds of
a comparison.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import parse_qs

from rehearsal.emulator.guards import Guard

_READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_READING = re.compile(
    r"(Describe|List|Get|BatchGet|TransactGet|Search|Lookup|Query|Scan|Head|Select|Poll|Test|Validate"
    r"|Estimate|Preview|Simulate|Detect|Filter|Check|Decode|Verify)(?![a-z])"
)
_CREDENTIALS = frozenset({"GetSessionToken", "GetFederationToken", "GetCredentialsForIdentity"})
_LATER = frozenset({"PutLogEvents", "PutMetricData", "PutTraceSegments", "PutTelemetryRecords"})
"""Frequent requests, whose changes are saved afterwards."""

_ELSEWHERE = frozenset({"codepipeline", "bedrock-runtime"})
"""Services that save their own state or have none."""

_INVOCATION = re.compile(r"/functions/[^/]+/(invocations|invoke-async)|^/_aws/")
_OPERATION_PATH = re.compile(r"/operation/(\w+)$")
_ALSO: Mapping[str, Collection[str]] = {"sns": ("sqs",)}
_EVERYTHING = frozenset({"tagging", "cloudcontrol"})
"""Services that change the state of others."""

_LONGEST_HEAD = 64 * 1024


class Effect(Enum):
    NONE = "it reads"
    LATER = "its change is not acknowledged"
    NOW = "its response acknowledges the change"


@dataclass
class Heard:
    """One request as it passes through the layer."""

    scope: Mapping[str, Any]
    _body: bytearray = field(default_factory=bytearray)

    def listening(self, receive: Any) -> Any:
        async def heard() -> Mapping[str, Any]:
            message: Mapping[str, Any] = await receive()
            if len(self._body) < _LONGEST_HEAD:
                self._body += message.get("body", b"")[:_LONGEST_HEAD]
            return message

        return heard

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    @property
    def path(self) -> str:
        return str(self.scope["path"])

    @property
    def headers(self) -> dict[str, str]:
        pairs: Collection[tuple[bytes, bytes]] = self.scope.get("headers", ())
        return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in pairs}

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(self.scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)

    @property
    def operation(self) -> str:
        """Empty for an API that expresses the operation by method and path."""
        headers = self.headers
        if target := headers.get("x-amz-target"):
            return target.rpartition(".")[2]
        if found := _OPERATION_PATH.search(self.path):
            return found[1]
        form = "form-urlencoded" in headers.get("content-type", "")
        sent = parse_qs(self._body.decode("latin-1")) if form else {}
        return (sent.get("Action") or self.query.get("Action") or [""])[0]


class Services:
    def __init__(self) -> None:
        guard = Guard("which service a request is for")
        self._detect: Callable[..., str] = guard.function(
            guard.module("ministack.core.router"), "detect_service", ("method", "path", "headers")
        )
        registry = guard.attribute(guard.module("ministack.app"), "SERVICE_REGISTRY")
        self._files = {
            alias: _files(settings)
            for name, settings in registry.items()
            for alias in (name, *settings.get("aliases", ()))
        }

    def of(self, request: Heard) -> str:
        return self._detect(request.method, request.path, request.headers, request.query)

    def files(self, service: str) -> frozenset[str] | None:
        """The states that a request to the service changes; None for all."""
        if service in _EVERYTHING:
            return None
        return self._files.get(service, frozenset()) | frozenset(_ALSO.get(service, ()))


def effect(service: str, request: Heard) -> Effect:
    operation = request.operation
    if not operation and request.method in _READING_METHODS:
        return Effect.NONE
    if operation and _READING.match(operation) and operation not in _CREDENTIALS:
        return Effect.NONE
    later = operation in _LATER or service in _ELSEWHERE or _INVOCATION.search(request.path)
    return Effect.LATER if later else Effect.NOW


def _files(settings: Mapping[str, Any]) -> frozenset[str]:
    return frozenset({settings.get("state_key", settings["module"]), *settings.get("sub_modules", ())})
