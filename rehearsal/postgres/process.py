"""One server process that ends with its parent.

A server must not outlive the process that started it, even after a SIGKILL. So a shell starts it, which first
starts a watcher that reads from a pipe whose other end this process holds, and then executes the server. When
the pipe closes, for whatever reason, the watcher requests a fast shutdown of the server: sessions end, data
are kept.
"""

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_WITH_LIFE_LINE = """
server=$$
( { read -r _; kill -INT "$server"; } <&3 >/dev/null 2>&1 & ) 3<&0
exec "$@" </dev/null
"""
_STOP_SECONDS = 30


class ServerFailedError(Exception):
    """The server ended or did not get ready; the text contains the end of its log."""


@dataclass(frozen=True, kw_only=True)
class ServerProcess:
    child: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(
        cls, command: Sequence[str | Path], *, log: Path, environment: Mapping[str, str]
    ) -> "ServerProcess":
        with log.open("ab") as output:
            child = subprocess.Popen(
                ["/bin/sh", "-c", _WITH_LIFE_LINE, "postgres", *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        return cls(child=child, log=log)

    def await_ready(self, pid_file: Path, *, seconds: float = 60) -> None:
        """Wait for the line that the server writes into its pid file when it accepts connections."""
        deadline = time.monotonic() + seconds
        while not _says_ready(pid_file, self.child.pid):
            if self.child.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ServerFailedError(f"PostgreSQL did not start: {self._end_of_log()}")
            time.sleep(0.01)

    def is_running(self) -> bool:
        return self.child.poll() is None

    def stop(self) -> None:
        """Close the pipe and wait."""
        if self.child.stdin:
            self.child.stdin.close()
        try:
            self.child.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def _end_of_log(self) -> str:
        return " / ".join(self.log.read_text(errors="replace").strip().splitlines()[-5:])


def _says_ready(pid_file: Path, pid: int) -> bool:
    try:
        lines = pid_file.read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"
