"""The functions behind a plain HTTP server, as API Gateway would put them: for tools that speak HTTP.

The token is not verified here: whatever `Authorization` holds becomes the subject, as if the Cognito
authorizer had found it in a good token; without the header the authorizer's own 401 answers.
"""

import base64
import json
import re
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.lambdas.runtime_api import Function

ROUTES = {
    "/query": "query",
    "/entities/{entity_id}": "query",
    "/ingest": "ingest",
    "/voice-notes": "ingest",
    "/voice-notes/{voice_note_id}": "ingest",
    "/briefing": "briefing",
    "/calendar": "calendar",
    "/links": "calendar",
    "/links/{link_id}": "calendar",
    "/family": "calendar",
    "/family/join": "calendar",
    "/family/leave": "calendar",
    "/family/invitations": "calendar",
    "/family/invitations/{invitation_id}": "calendar",
    "/family/members/{member_id}": "calendar",
    "/person": "calendar",
    "/person/codes": "calendar",
    "/person/link": "calendar",
    "/person/confirm": "calendar",
    "/person/accounts/{account_id}": "calendar",
}
NAMES = {
    "/entities": "entity_id",
    "/links": "link_id",
    "/voice-notes": "voice_note_id",
    "/family/invitations": "invitation_id",
    "/family/members": "member_id",
    "/person/accounts": "account_id",
}
PARAMETER = re.compile(f"({'|'.join(NAMES)})/([^/]+)")


class Gateway(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, functions: Mapping[str, Function]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.functions = functions
        self.locks = {name: threading.Lock() for name in functions}
        """An environment serves one request at a time."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Gateway

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        found = PARAMETER.fullmatch(parts.path)
        resource = f"{found[1]}/{{{NAMES[found[1]]}}}" if found else parts.path
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = self.headers.get("Authorization")
        if not token:
            return self._refuse(401, "unauthenticated")
        if resource not in ROUTES:
            return self._refuse(403, "no_route")
        event = {
            "httpMethod": self.command,
            "resource": resource,
            "path": parts.path,
            "headers": dict(self.headers),
            "queryStringParameters": dict(parse_qsl(parts.query, keep_blank_values=True)) or None,
            "pathParameters": {NAMES[found[1]]: unquote(found[2])} if found else None,
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
            "requestContext": {"requestId": "fuzzed", "authorizer": {"claims": {"sub": token}}},
        }
        name = ROUTES[resource]
        with self.server.locks[name]:
            outcome = self.server.functions[name].invoke(event)
        if outcome.failed:
            return self._answer(502, {}, json.dumps(outcome.payload))
        return self._answer(
            outcome.payload["statusCode"], outcome.payload["headers"], outcome.payload["body"]
        )

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Every method there is, as `do_<METHOD>`."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _refuse(self, status: int, code: str) -> None:
        refusal = {"error": {"code": code, "message": "the gateway refuses"}, "request_id": "fuzzed"}
        self._answer(status, {"content-type": "application/json"}, json.dumps(refusal))

    def _answer(self, status: int, headers: Mapping[str, str], text: str) -> None:
        content = text.encode()
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """The function's own log is the one to read."""
