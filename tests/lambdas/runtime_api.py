"""A Lambda execution environment for one bootstrap: the runtime API, and nothing of an emulator.

A bootstrap asks `next` for an event and posts what became of it. `Function` starts the process
against a server of its own, hands it events, one at a time as Lambda does, and hands back the
answers with the time that each took between the two.
"""

import json
import os
import queue
import subprocess
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = "/2018-06-01/runtime/"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a function made of one event."""

    payload: Any
    failed: bool
    seconds: float


class FunctionEndedError(Exception):
    """The process ended, or gave no answer in time; holds the end of its log."""


@dataclass
class _Invocation:
    request_id: str
    event: bytes
    deadline_ms: int
    handed_out: float = 0.0
    outcome: "queue.Queue[Outcome]" = field(default_factory=queue.Queue)


class RuntimeServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _RuntimeHandler)
        self.waiting: queue.Queue[_Invocation] = queue.Queue()
        self.running: dict[str, _Invocation] = {}
        self.asked = threading.Event()
        self.first_asked_at = 0.0

    @property
    def address(self) -> str:
        host, port = self.server_address[:2]
        return f"{host!s}:{port}"

    def handle_error(self, *_: object) -> None:
        """A function that is ended breaks its connection off; that is no error here."""


class _RuntimeHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: RuntimeServer

    def do_GET(self) -> None:
        if not self.server.asked.is_set():
            self.server.first_asked_at = time.perf_counter()
            self.server.asked.set()
        invocation = self.server.waiting.get()
        self.server.running[invocation.request_id] = invocation
        invocation.handed_out = time.perf_counter()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:measured",
            "Content-Type": "application/json",
        }
        self._answer(200, invocation.event, headers)

    def do_POST(self) -> None:
        arrived = time.perf_counter()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = self._chunks()
        _, _, rest = self.path.partition("/invocation/")
        request_id, _, what = rest.partition("/")
        if invocation := self.server.running.pop(request_id, None):
            seconds = arrived - invocation.handed_out
            payload = json.loads(body) if body else None
            invocation.outcome.put(Outcome(payload=payload, failed=what == "error", seconds=seconds))
        self._answer(202, b"{}", {})

    def _chunks(self) -> bytes:
        parts = []
        while size := int(self.rfile.readline().strip(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """The function's own log is the one to read."""


class Function:
    """One warm environment of one function; a context manager that ends the process it started."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        log: Path,
        timeout_seconds: float = 30,
        name: str = "measured",
    ) -> None:
        self._command = [str(part) for part in command]
        self._environment = environment
        self._log = log
        self._timeout = timeout_seconds
        self._name = name
        self._server = RuntimeServer()
        self._process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        with self._log.open("ab") as log:
            self.started_at = time.perf_counter()
            self._process = subprocess.Popen(self._command, env=self._settings(), stdout=log, stderr=log)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
        self._server.shutdown()
        self._server.server_close()

    def invoke(self, event: Any, *, within: float | None = None) -> Outcome:
        """`within` is what the context tells the function, and how long an answer is awaited."""
        seconds = within or self._timeout
        deadline = int((time.time() + seconds) * 1000)
        invocation = _Invocation(
            request_id=str(uuid.uuid4()), event=json.dumps(event).encode(), deadline_ms=deadline
        )
        self._server.waiting.put(invocation)
        until = time.monotonic() + seconds
        while True:
            try:
                return invocation.outcome.get(timeout=0.2)
            except queue.Empty:
                self._check(expired=time.monotonic() > until)

    def initialised_within(self) -> float:
        """Seconds from the start of the process until it asked for its first event."""
        while not self._server.asked.wait(0.2):
            self._check(expired=time.perf_counter() - self.started_at > self._timeout)
        return self._server.first_asked_at - self.started_at

    def peak_memory_mb(self) -> float:
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def _check(self, *, expired: bool) -> None:
        ended = self._process is not None and self._process.poll() is not None
        if ended or expired:
            happened = "ended" if ended else "gave no answer in time"
            raise FunctionEndedError(f"{self._command[0]} {happened}:\n{self.log()[-4000:]}")

    def _settings(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_RUNTIME_API": self._server.address,
            "AWS_LAMBDA_FUNCTION_NAME": self._name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "_HANDLER": "bootstrap",
            **self._environment,
        }
