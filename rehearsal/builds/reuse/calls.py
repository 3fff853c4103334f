"""Records which builds called the embedded AWS, so that results of those builds are not stored.

An ASGI layer attributes every request to builds before the embedded AWS processes it:

    signed in the Authorization header    the build that received the access key, except `GetCallerIdentity`
    unsigned, or a presigned URL          every running build, because any of them may have sent it

Credentials from AssumeRole need no tracking: the AssumeRole call has marked the build already.

A request can arrive after its build has ended, if it was sent just before the build's processes were killed,
or by a process that escaped the kill. Builds whose results are stored are therefore still tracked. If a
request is attributed to one of them, its stored result is deleted before the embedded AWS processes the
request. An unsigned request is also attributed to builds that ended less than two seconds ago.
"""

import asyncio
import re
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

_IN_HEADER = re.compile(r"Credential=([^/,\s]+)/[^/]*/[^/]*/([^/]*)/")
_HEALTH = "/_ministack/health"
"""The health check. Clients poll it while the embedded AWS starts; it is attributed to no build."""
_WHO_AM_I = {"Action": ["GetCallerIdentity"], "Version": ["2011-06-15"]}
_LONGEST_BODY = 4096
_ON_ITS_WAY_SECONDS = 2.0
_MOST_ENDED = 1000

Asgi = Callable[..., Awaitable[None]]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]


@dataclass(eq=False)
class BuildCalls:
    """Whether one build called. Compared by identity: two builds with equal fields are still two builds."""

    keys: set[str] = field(default_factory=set)
    called: bool = False
    ended: float | None = None
    _delete: Callable[[], None] | None = None

    def on_call(self, delete: Callable[[], None]) -> None:
        """Register `delete`, to be called at the next attributed request, before storing the result."""
        self._delete = delete

    @property
    def is_stored(self) -> bool:
        return self._delete is not None

    def record(self) -> Callable[[], None] | None:
        """Mark the build as having called; returns the registered `delete`, which the caller must call."""
        self.called = True
        delete, self._delete = self._delete, None
        return delete

    def may_have_sent(self, key: str | None, *, now: float) -> bool:
        if key is not None:
            return key in self.keys
        return self.ended is None or now - self.ended < _ON_ITS_WAY_SECONDS


class CallTracker:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._running: set[BuildCalls] = set()
        self._ended: deque[BuildCalls] = deque(maxlen=_MOST_ENDED)
        self._lock = threading.Lock()
        self._clock = clock

    @contextmanager
    def of_build(self) -> Iterator[BuildCalls]:
        build = BuildCalls()
        with self._lock:
            self._running.add(build)
        try:
            yield build
        finally:
            with self._lock:
                self._running.discard(build)
                build.ended = self._clock()
                if build.is_stored:
                    self._ended.append(build)

    def layer(self, app: Asgi) -> Asgi:
        async def tracked(scope: dict[str, Any], receive: Receive, send: Any) -> None:
            if scope.get("type") not in ("http", "websocket") or scope["path"] == _HEALTH:
                await app(scope, receive, send)
                return
            key, service = _signer(scope)
            if service == "sts":
                body, receive = await _read_ahead(receive)
                if _asks_who_it_is(scope, body):
                    await app(scope, receive, send)
                    return
            await self._saw(key)
            await app(scope, receive, send)

        return tracked

    async def _saw(self, key: str | None) -> None:
        """Delete the stored results of the key's builds, in a thread because that changes files."""
        for delete in self.record(key):
            await asyncio.to_thread(delete)

    def record(self, key: str | None) -> list[Callable[[], None]]:
        now = self._clock()
        with self._lock:
            senders = [build for build in (*self._running, *self._ended) if build.may_have_sent(key, now=now)]
            return [delete for build in senders if (delete := build.record())]


def _signer(scope: Mapping[str, Any]) -> tuple[str | None, str]:
    """The access key and the service of a request that is signed in its Authorization header.

    A presigned URL is left out: anybody who has the URL can send it, whoever signed it.
    """
    headers = {name.lower(): value for name, value in scope.get("headers") or ()}
    found = _IN_HEADER.search(headers.get(b"authorization", b"").decode("latin-1"))
    return (found[1], found[2]) if found else (None, "")


def _asks_who_it_is(scope: Mapping[str, Any], body: bytes) -> bool:
    plain = scope.get("method") == "POST" and scope["path"] == "/" and not scope.get("query_string")
    if not plain or any(name.lower() == b"x-amz-target" for name, _ in scope.get("headers") or ()):
        return False
    return parse_qs(body.decode("latin-1"), keep_blank_values=True) == _WHO_AM_I


async def _read_ahead(receive: Receive) -> tuple[bytes, Receive]:
    """The first 4 KB of the body, and a `receive` that returns the whole body again.

    STS names the operation in its body. `GetCallerIdentity` fits in 4 KB, so a longer body may be cut.
    """
    messages: deque[Mapping[str, Any]] = deque()
    body, more = b"", True
    while more and len(body) <= _LONGEST_BODY:
        messages.append(await receive())
        body += messages[-1].get("body") or b""
        more = bool(messages[-1].get("more_body"))

    async def again() -> Mapping[str, Any]:
        return messages.popleft() if messages else await receive()

    return body, again
