"""Requests made from AWS's model of an API: some that fit, many with one thing wrong, and noise."""

import copy
import json
import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import boto3
import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.model import ListShape, MapShape, Shape, StructureShape

from rehearsal.emulator.api_model import service_model
from rehearsal.home import Endpoint

WRONG: Sequence[Any] = (
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    "",
    "x",
    "\x00",
    "\ud800",
    "é" * 70_000,
    [],
    [None],
    [[]],
    {},
    {"a": None},
)
BODIES = (
    b"",
    b"null",
    b"[]",
    b"7",
    b'"x"',
    b"{",
    b"\xff",
    b"NaN",
    b"9" * 5000,
    b"[" * 50_000,
    b'{"a":' * 50_000,
)
DEEPEST = 6


@dataclass(frozen=True, kw_only=True)
class Fuzz:
    service: str
    target: str
    known: dict[str, list[Any]]
    """Values that name something that is there, by member."""

    def bodies(self, operation: str, chance: Random, *, count: int) -> Iterator[bytes]:
        yield from BODIES
        shape = service_model(self.service).operation_model(operation).input_shape
        if shape is None:
            return
        for _ in range(count):
            payload = self.valid(shape, chance, name="", depth=0)
            if chance.random() < 0.9:
                payload = damaged(payload, chance)
            yield json.dumps(payload).encode()

    def valid(self, shape: Shape, chance: Random, *, name: str, depth: int) -> Any:
        if name in self.known and chance.random() < 0.7:
            return chance.choice(self.known[name])
        if isinstance(shape, StructureShape):
            members = [
                it
                for it in shape.members
                if it in shape.required_members or (depth < DEEPEST and chance.random() < 0.3)
            ]
            return {it: self.valid(shape.members[it], chance, name=it, depth=depth + 1) for it in members}
        if isinstance(shape, ListShape):
            count = max(1, shape.metadata.get("min", 0))
            return [self.valid(shape.member, chance, name=name, depth=depth + 1) for _ in range(count)]
        if isinstance(shape, MapShape):
            return {"key": self.valid(shape.value, chance, name="", depth=depth + 1)}
        return _scalar(shape, chance)


def _scalar(shape: Shape, chance: Random) -> Any:
    makers: dict[str, Callable[[], Any]] = {
        "boolean": lambda: chance.random() < 0.5,
        "integer": lambda: max(1, shape.metadata.get("min", 1)),
        "long": lambda: max(1, shape.metadata.get("min", 1)),
        "double": lambda: 0.5,
        "float": lambda: 0.5,
        "timestamp": lambda: 1_700_000_000,
    }
    if shape.type_name in makers:
        return makers[shape.type_name]()
    if values := getattr(shape, "enum", None):
        return chance.choice(values)
    length = max(3, shape.metadata.get("min", 0))
    return "".join(chance.choices(string.ascii_lowercase, k=length))


def damaged(payload: Any, chance: Random) -> Any:
    """One thing in it is missing, too much, or of another kind."""
    payload = copy.deepcopy(payload)
    places = list(_places(payload))
    if not places:
        return chance.choice(WRONG)
    holder, key = chance.choice(places)
    if chance.random() < 0.2:
        del holder[key]
    elif chance.random() < 0.1 and isinstance(holder, dict):
        holder["unexpected"] = chance.choice(WRONG)
    else:
        holder[key] = chance.choice(WRONG)
    return payload


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(items):
        yield value, key
        yield from _places(item)


@dataclass(frozen=True, kw_only=True)
class Wire:
    """Sends what no SDK would send, signed as the account's root."""

    endpoint: Endpoint
    session: boto3.session.Session
    fuzz: Fuzz
    client: httpx.Client

    def send(self, operation: str, body: bytes) -> httpx.Response:
        headers = {
            "X-Amz-Target": f"{self.fuzz.target}.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
        }
        url = f"{self.endpoint.url}/"
        request = AWSRequest(method="POST", url=url, data=body, headers=headers)
        credentials = self.session.get_credentials()
        assert credentials
        SigV4Auth(credentials, self.fuzz.service, self.endpoint.region).add_auth(request)
        return self.client.post(url, content=body, headers=dict(request.headers))


def complaints(wire: Wire, operation: str, *, count: int, allowed: set[str]) -> list[str]:
    """What was answered with a server's error, with a traceback, or with an error that no SDK knows."""
    chance = Random(operation)  # noqa: S311
    found = []
    for body in wire.fuzz.bodies(operation, chance, count=count):
        answer = wire.send(operation, body)
        code = _code(answer)
        if answer.status_code >= 500 or "Traceback" in answer.text or (code and code not in allowed):
            found.append(f"{operation} {body[:300]!r}: {answer.status_code} {answer.text[:300]}")
    return found


def _code(answer: httpx.Response) -> str:
    if answer.status_code < 400:
        return ""
    try:
        return str(answer.json()["__type"])
    except (ValueError, LookupError):
        return "no error of the API"
