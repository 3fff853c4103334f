"""Sees which builds spoke to the embedded AWS, so that only those that did not are remembered.

An ASGI layer around the server looks at the access key of every request. A request signed with a
build's own key touches that build, unless it only asks who it is. One that nobody signed (a deployed
API called by a smoke test) may come from any build, so it touches all that run. Keys obtained by
assuming a role need no following: asking for them has touched the build already.
"""

import re
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

_CREDENTIAL = re.compile(r"Credential=([^/,]+)/[^/]*/[^/]*/([^/]*)/|X-Amz-Credential=([^%/&]+)")
_OWN_PATHS = "/_ministack/"
_WHO_AM_I = b"Action=GetCallerIdentity"

Asgi = Callable[..., Awaitable[None]]


@dataclass
class Watch:
    """One running build."""

    keys: set[str] = field(default_factory=set)
    touched: bool = False


class Witness:
    def __init__(self) -> None:
        self._watches: list[Watch] = []
        self._lock = threading.Lock()

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        watch = Watch()
        with self._lock:
            self._watches.append(watch)
        try:
            yield watch
        finally:
            with self._lock:
                self._watches.remove(watch)

    def layer(self, app: Asgi) -> Asgi:
        async def watched(scope: dict[str, Any], receive: Any, send: Any) -> None:
            if scope.get("type") != "http" or not self._watches or scope["path"].startswith(_OWN_PATHS):
                await app(scope, receive, send)
                return
            key, service = _signer(scope)
            if service == "sts":
                await self._listening(app, scope, receive, send, key)
                return
            self.saw(key)
            await app(scope, receive, send)

        return watched

    def saw(self, key: str | None) -> None:
        with self._lock:
            for watch in self._watches:
                if key is None or key in watch.keys:
                    watch.touched = True

    async def _listening(
        self, app: Asgi, scope: dict[str, Any], receive: Any, send: Any, key: str | None
    ) -> None:
        """STS names the operation in the body, which the application reads as it goes."""
        body = bytearray()

        async def overheard() -> Mapping[str, Any]:
            message: Mapping[str, Any] = await receive()
            body.extend(message.get("body") or b"")
            return message

        await app(scope, overheard, send)
        if _WHO_AM_I not in body:
            self.saw(key)


def _signer(scope: Mapping[str, Any]) -> tuple[str | None, str]:
    """The access key and the service of a signed request."""
    headers = {name.lower(): value for name, value in scope.get("headers") or ()}
    text = headers.get(b"authorization", b"").decode("latin-1") + (scope.get("query_string") or b"").decode(
        "latin-1"
    )
    found = _CREDENTIAL.search(text)
    if not found:
        return None, ""
    return (found[1], found[2]) if found[1] else (found[3], "")
