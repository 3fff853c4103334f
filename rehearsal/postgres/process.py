"""One server process. It ends by a fast shutdown: sessions end, data are kept."""

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsal.processes import Child, Processes

_STOP_SECONDS = 30


class ServerFailedError(Exception):
    """The server ended or did not get ready; the text contains the end of its log."""


@dataclass(frozen=True, kw_only=True)
class ServerProcess:
    child: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(
        cls,
        processes: Processes,
        command: Sequence[str | Path],
        *,
        name: str,
        address: str,
        log: Path,
        environment: Mapping[str, str],
    ) -> "ServerProcess":
        with log.open("ab") as output:
            child = processes.start(
                Child(kind="database", name=name, address=address, log=log, ends_by=signal.SIGINT),
                [str(word) for word in command],
                cwd=Path("/"),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
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
        """Request a fast shutdown and wait."""
        self.child.send_signal(signal.SIGINT)
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
