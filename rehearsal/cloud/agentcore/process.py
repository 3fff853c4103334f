"""A running agent: the program of a runtime version as a process that listens on a loopback port.

AgentCore starts a direct-code deployment by its entry point and expects HTTP on port 8080: `GET /ping` when
it is ready, `POST /invocations` for work. Here every agent has its own port, which `launch.py` uses instead
of 8080.
"""

import contextlib
import http.client
import io
import secrets
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal import archive
from rehearsal.cloud.agentcore.connection import opener
from rehearsal.confinement import Confinement
from rehearsal.emulator.interpreter import isolated_python, program_tools
from rehearsal.processes import Child, Processes

_READY_WITHIN = 60.0
_POLL = 0.05
_GRACE = 3.0
_LINES_KEPT = 200
_LINES_SHOWN = 15
_LAUNCH = Path(__file__).with_name("launch.py")


class AgentError(Exception):
    """The agent could not be started, or ended by itself; the message contains the end of its log."""


@dataclass(kw_only=True)
class AgentProcess:
    name: str
    folder: Path
    entry_point: tuple[str, ...]
    environment: Mapping[str, str]
    confinement: Confinement
    """The agent may read these paths and its own program."""
    log: Path
    processes: Processes
    port: int = 0
    token: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    """The token with which every connection to it must start."""
    _process: subprocess.Popen[str] | None = None
    _reader: threading.Thread | None = None
    _lines: deque[str] = field(default_factory=lambda: deque(maxlen=_LINES_KEPT))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process; returns when the agent answers its ping."""
        self.port = _free_port()
        python = isolated_python(self.folder)
        self._process = self.processes.start(
            Child(kind="agent", name=self.name, address=f"127.0.0.1:{self.port}", log=self.log),
            [*python, str(_LAUNCH), str(self.port), *self.entry_point],
            confinement=self.confinement.reading(*program_tools(python), _LAUNCH),
            cwd=self.folder,
            env={**self.environment, "PORT": str(self.port)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._hand_over_token(self._process)
        self._reader = threading.Thread(target=self._keep_output, args=(self._process,), daemon=True)
        self._reader.start()
        self._await_ready()

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def last_words(self) -> str:
        return "\n".join(list(self._lines)[-_LINES_SHOWN:]) or "(it wrote nothing)"

    def ends_within(self, seconds: float) -> bool:
        """Whether it ends within that time; a broken connection is seen moments before the end."""
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def ended(self) -> AgentError:
        code = self._process.wait(_GRACE) if self._process else None
        if self._reader:
            self._reader.join(_GRACE)  # the last lines may still be in the pipe
        return AgentError(
            f"The agent {self.name} ended with exit code {code}. End of its log:\n{self.last_words()}"
        )

    def _hand_over_token(self, process: subprocess.Popen[str]) -> None:
        """By standard input, because other users can read arguments."""
        with contextlib.suppress(BrokenPipeError), process.stdin or contextlib.nullcontext() as given:
            if given:
                given.write(f"{self.token}\n")

    def _keep_output(self, process: subprocess.Popen[str]) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a") as log:
            for line in process.stdout or ():
                self._lines.append(line.rstrip("\n"))
                log.write(line)
                log.flush()

    def _answers(self, path: str) -> bool:
        try:
            with opener(self.token).open(f"{self.url}/{path}", timeout=2) as answer:
                return int(answer.status) == 200
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError):
            return False

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _READY_WITHIN
        while time.monotonic() < deadline:
            if not self.runs:
                raise self.ended()
            if self._answers("ping"):
                return
            time.sleep(_POLL)
        self.stop()
        raise AgentError(
            f"The agent {self.name} did not answer GET /ping within {_READY_WITHIN:.0f} s. "
            f"End of its log:\n{self.last_words()}"
        )


def unpack(code: bytes, into: Path) -> None:
    """Unpack the deployment's files into their own folder, with executable bits."""
    try:
        archive.unpack(io.BytesIO(code), into, limit=archive.CODE)
    except archive.ArchiveError as error:
        raise AgentError(f"The agent's code cannot be unpacked: {error}") from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
