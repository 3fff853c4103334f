"""The outermost ASGI layer, which applies the checks that the package describes."""

import asyncio
import hmac
import json
from collections.abc import Mapping
from typing import Any, Protocol

from rehearsal.daemon.gate import browsers
from rehearsal.daemon.gate.anonymous import LONGEST_BODY, Anonymous, answers_once
from rehearsal.daemon.gate.requests import MalformedRequestError, Request, read
from rehearsal.daemon.gate.signatures import Failure, Signatures, is_signed
from rehearsal.emulator.extension import Asgi
from rehearsal.emulator.guards import Guard

_OWN_PATHS = ("/_ministack", "/_localstack", "/health")
_HASHED_ASIDE = 1024 * 1024
"""Larger bodies are hashed in a thread, because hashing would block every other request."""

_UNSIGNED = Failure(
    code="MissingAuthenticationToken",
    message="The request is not signed; `slipway env` prints the credentials of this rehearsal.",
)
_POLICY_VIOLATION = 1008


class Send(Protocol):
    async def __call__(self, message: Mapping[str, Any]) -> None: ...


class _GoneError(Exception):
    """The client disconnected before its request was complete."""


class _TooLargeError(Exception):
    pass


class Gate:
    """Authenticates every request before `app` receives it."""

    def __init__(self, app: Asgi, *, port: int, secret: str, enforces_iam: bool) -> None:
        self._app = app
        self._port = port
        self._secret = secret
        self._signatures = Signatures()
        self._anonymous = Anonymous(enforces_iam=enforces_iam)
        guard = Guard("refusals")
        self._detect = guard.function(
            guard.module("ministack.core.router"), "detect_service", ("method", "path", "headers")
        )
        self._worded = guard.function(
            guard.module("ministack.core.iam_actions"),
            "access_denied_response",
            ("service", "action", "principal_arn", "request_id"),
        )

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        try:
            request = read(scope)
        except MalformedRequestError as error:
            await _refuse(scope, send, 400, str(error))
            return
        api = self._anonymous.deployed_api(request)
        foreign = browsers.refusal(request, port=self._port, deployed_api=api)
        if foreign:
            await _refuse(scope, send, 403, f"Request refused: {foreign}.")
        elif scope["type"] == "websocket":
            await self._websocket(request, api, scope, receive, send)
        elif request.path.startswith(_OWN_PATHS) and not answers_once(request):
            await self._own_path(request, scope, receive, send)
        else:
            await self._request(request, scope, receive, send if api else _without_cors(send))

    async def _websocket(self, request: Request, api: bool, scope: Any, receive: Any, send: Any) -> None:
        failure = self._signatures.failure(request, b"") if is_signed(request) else None
        if api and failure is None:
            await self._app(scope, receive, send)
        else:
            await _refuse(scope, send, 403, failure.message if failure else "There is no such API.")

    async def _own_path(self, request: Request, scope: Any, receive: Any, send: Any) -> None:
        owner = f"Bearer {self._secret}"
        if hmac.compare_digest(request.header("authorization").encode(), owner.encode()):
            await self._app(scope, receive, send)
        else:
            await _refuse(scope, send, 403, "This path is closed.")

    async def _request(self, request: Request, scope: Any, receive: Any, send: Any) -> None:
        try:
            if is_signed(request):
                body = await _whole_body(receive)
                aside = len(body) > _HASHED_ASIDE
                check = self._signatures.failure
                failure = await asyncio.to_thread(check, request, body) if aside else check(request, body)
                receive = _again(body, receive)
            elif self._anonymous.takes(request):
                failure = None
            elif self._anonymous.may_take(request):
                body = await _whole_body(receive, limit=LONGEST_BODY)
                failure = None if self._anonymous.takes_body(request, body) else _UNSIGNED
                receive = _again(body, receive)
            else:
                failure = _UNSIGNED
        except _GoneError:
            return
        except _TooLargeError:
            failure = _UNSIGNED
        if failure is None:
            await self._app(scope, receive, send)
        else:
            await self._deny(request, failure, send)

    async def _deny(self, request: Request, failure: Failure, send: Any) -> None:
        """Send the error in the service's own protocol, so that an SDK finds the error code."""
        headers = dict(request.headers)
        service = self._detect(request.method, request.path, headers, dict(request.query))
        status, answered, body = self._worded(
            service, "", "", "", error_code=failure.code, message=failure.message, headers=headers
        )
        await _answer(send, status, answered, b"" if request.method == "HEAD" else body)


async def _refuse(scope: Mapping[str, Any], send: Any, status: int, message: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": message})
        return
    body = json.dumps({"message": message}).encode()
    await _answer(send, status, {"Content-Type": "application/json"}, body)


async def _answer(send: Any, status: int, headers: Mapping[str, str], body: bytes) -> None:
    kept = [(name, value) for name, value in headers.items() if name.lower() != "content-length"]
    pairs = [(name.lower().encode(), str(value).encode()) for name, value in kept]
    pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


async def _whole_body(receive: Any, *, limit: int | None = None) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise _GoneError
        body.extend(message.get("body", b""))
        if limit is not None and len(body) > limit:
            raise _TooLargeError
        if not message.get("more_body"):
            return bytes(body)


def _again(body: bytes, receive: Any) -> Any:
    """A `receive` that returns the body again and then the original messages, such as a disconnect."""
    given = False

    async def receive_again() -> Mapping[str, Any]:
        nonlocal given
        if given:
            return await receive()  # type: ignore[no-any-return]
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


def _without_cors(send: Any) -> Send:
    """Remove CORS headers: no web page may read responses of the embedded AWS, except of deployed APIs."""

    async def send_without(message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            kept = [
                (name, value)
                for name, value in message.get("headers", ())
                if not name.lower().startswith(b"access-control-")
            ]
            message = {**message, "headers": kept}
        await send(message)

    return send_without
