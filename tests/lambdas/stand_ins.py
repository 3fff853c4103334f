"""What a function calls, answered on loopback at no cost: AWS services, the hosted sign-in, Discord.

Every request is kept, so that a test can see what was sent. Behaviour that a test wants different it
sets on the object: a slow agent, a failing topic, another password in the secret.
"""

import hashlib
import json
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

DIMENSIONS = 1024

Reply = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True, kw_only=True)
class Sent:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answers:
    """What the stand-ins say; a test changes what it is about."""

    secrets: dict[str, str] = field(default_factory=dict)
    agent: dict[str, Any] = field(default_factory=lambda: {"answer": "The agent's words.", "citations": []})
    agent_delay: float = 0.0
    agent_status: int = 200
    topic_status: int = 200
    place: list[float] | None = None
    keys: dict[str, Any] = field(default_factory=lambda: {"keys": []})
    tokens: dict[str, Any] | None = None
    feeds: dict[str, Callable[[Sent], Reply]] = field(default_factory=dict)


def meaning(text: str) -> list[float]:
    """Words hashed into a unit vector: texts that share words lie close to each other."""
    values = [0.0] * DIMENSIONS
    for word in "".join(c.lower() if c.isalnum() else " " for c in text).split():
        digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
        for offset in (0, 3):
            place = int.from_bytes(digest[offset : offset + 3]) % DIMENSIONS
            values[place] += 1.0 if digest[offset] & 1 else -1.0
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    return [value / length for value in values] if any(values) else [1.0, *values[1:]]


class StandIns(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = Answers()
        self.sent: list[Sent] = []
        self._embeddings: dict[str, bytes] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """A function that is ended breaks its connections off; that is no error here."""

    def sent_to(self, part: str) -> list[Sent]:
        return [sent for sent in self.sent if part in sent.path]

    def published(self) -> list[Any]:
        bodies = [parse_qs(sent.body.decode()) for sent in self.sent if b"Action=Publish" in sent.body]
        return [json.loads(body["Message"][0]) for body in bodies]

    def embedding(self, text: str) -> bytes:
        if text not in self._embeddings:
            self._embeddings[text] = json.dumps({"embedding": meaning(text)}).encode()
        return self._embeddings[text]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: StandIns

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        sent = Sent(method=self.command, path=self.path, headers=headers, body=body)
        self.server.sent.append(sent)
        status, more, content = answer(sent, self.server)
        self.send_response_only(status)
        for name, value in more.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if status != 304:
            self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Tests look at what was sent instead."""


def answer(sent: Sent, stand_ins: StandIns) -> Reply:
    answers = stand_ins.answers
    path = urlsplit(sent.path).path
    if path in answers.feeds:
        return answers.feeds[path](sent)
    if target := sent.headers.get("x-amz-target", "").rpartition(".")[2]:
        return _by_target(target, sent, answers)
    if path.startswith("/model/"):
        return 200, {}, stand_ins.embedding(sent.json()["inputText"])
    if b"Action=Publish" in sent.body:
        return answers.topic_status, {}, b"<PublishResponse/>"
    return _by_path(path, answers)


def _by_path(path: str, answers: Answers) -> Reply:
    status, content = 200, json.dumps({})
    if path.startswith("/runtimes/"):
        time.sleep(answers.agent_delay)
        status, content = answers.agent_status, json.dumps(answers.agent)
    elif path.startswith("/places/"):
        found = [{"Place": {"Geometry": {"Point": answers.place}}}] if answers.place else []
        content = json.dumps({"Results": found})
    elif path.endswith("jwks.json"):
        content = json.dumps(answers.keys)
    elif path == "/oauth2/token":
        status, content = (200, json.dumps(answers.tokens)) if answers.tokens else (400, "{}")
    elif path.startswith("/2015-03-31/functions/"):
        status = 202
    return status, {}, content.encode()


def _by_target(target: str, sent: Sent, answers: Answers) -> Reply:
    if target == "GetSecretValue":
        secret = answers.secrets.get(sent.json()["SecretId"])
        return (200, {}, json.dumps({"SecretString": secret}).encode()) if secret else (400, {}, b"{}")
    if target == "AdminGetUser":
        subject = {"Name": "sub", "Value": sent.json()["Username"]}
        return 200, {}, json.dumps({"Enabled": True, "UserAttributes": [subject]}).encode()
    if target == "DescribeUserPoolClient":
        return 200, {}, json.dumps({"UserPoolClient": {"ClientSecret": "client-secret"}}).encode()
    return 400, {}, b"{}"
