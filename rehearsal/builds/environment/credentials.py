"""Provides the credentials of a build's service role through a container endpoint, as CodeBuild does.

Every SDK requests `AWS_CONTAINER_CREDENTIALS_FULL_URI` with the authorization token, and requests it again
before the credentials expire. So a long build never has expired credentials, and a build that never sent the
request cannot have called AWS with its role.
"""

import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class TemporaryKey:
    key_id: str
    secret: str
    token: str
    expires: datetime


class CredentialSource(Protocol):
    """Returns new credentials of one role."""

    def __call__(self) -> TemporaryKey: ...


@dataclass(frozen=True, kw_only=True)
class Grant:
    """The endpoint and token of one build."""

    url: str
    authorization: str
    forget: Callable[[], None]

    @property
    def variables(self) -> Mapping[str, str]:
        return {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": self.url,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": self.authorization,
        }


class CredentialEndpoint:
    """A server on loopback; each build has its own path and token."""

    def __init__(self) -> None:
        self._sources: dict[str, tuple[str, CredentialSource]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, name="build-credentials", daemon=True).start()

    def grant(self, source: CredentialSource) -> Grant:
        path, authorization = f"/v2/credentials/{secrets.token_hex(16)}", secrets.token_urlsafe(32)
        self._sources[path] = (authorization, source)
        return Grant(
            url=f"http://127.0.0.1:{self._server.server_address[1]}{path}",
            authorization=authorization,
            forget=lambda: self._forget(path),
        )

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _forget(self, path: str) -> None:
        self._sources.pop(path, None)

    def answer(self, path: str, authorization: str) -> tuple[int, Mapping[str, str]]:
        expected, source = self._sources.get(path, ("", None))
        if source is None or not secrets.compare_digest(expected, authorization):
            return 403, {"code": "AccessDenied", "message": "no build has these credentials"}
        key = source()
        return 200, {
            "AccessKeyId": key.key_id,
            "SecretAccessKey": key.secret,
            "Token": key.token,
            "Expiration": key.expires.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = endpoint.answer(self.path, self.headers.get("Authorization", ""))
                payload = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *_: object) -> None:
                """Log nothing: the request line would put the token into a log."""

        return Handler
