"""Starts, stops and finds the embedded AWS from another process."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from rehearsal.daemon.place import choose
from rehearsal.daemon.settling import report
from rehearsal.daemon.state.ending import Ending
from rehearsal.emulator.environment import (
    AccessKey,
    RemoteEndpointError,
    clean_environment,
    refuse_remote,
    whitelisted,
)
from rehearsal.emulator.sessions import LocalSession
from rehearsal.home import Endpoint, Home, tool_cache
from rehearsal.locks import exclusive

__all__ = [
    "AccessKey",
    "CloudEndedError",
    "CloudStartError",
    "LocalSession",
    "RemoteEndpointError",
    "answering",
    "check_running",
    "clean_environment",
    "refuse_remote",
    "root_key",
    "session",
    "settled",
    "start",
    "stop",
]

_READY_WITHIN = 60.0
STOPPED_WITHIN = 30.0
_POLL = 0.02
_LOG_LINES_SHOWN = 20
_OF_THE_DAEMON = ("HOME", "XDG_CACHE_HOME", "SLIPWAY_PACKAGES")


class CloudStartError(Exception):
    """The embedded AWS did not start; the message ends with the last lines of its log."""


class CloudEndedError(Exception):
    """The embedded AWS ended while it was in use: it was stopped or killed."""


def session(
    endpoint: Endpoint, *, account: str | None = None, region: str | None = None, key: AccessKey | None = None
) -> LocalSession:
    """A boto3 session against the endpoint, as the account's root unless `key` is given."""
    return LocalSession(
        endpoint_url=endpoint.url,
        region=region or endpoint.region,
        key=key or root_key(endpoint, account=account),
    )


def root_key(endpoint: Endpoint, *, account: str | None = None) -> AccessKey:
    """The root key of the endpoint's own account, or of another one."""
    return AccessKey.of_root(account or endpoint.account, secret=endpoint.secret)


def start(
    home: Home,
    *,
    account: str | None = None,
    region: str | None = None,
    port: int = 0,
    enforce_iam: bool = True,
) -> Endpoint:
    """Return the running embedded AWS of this home, or start it. Concurrent callers get the same one.

    Without an account or region it uses those of its last start.
    """
    with _one_at_a_time(home):
        if running := answering(home):
            return running
        home.retract()
        place = choose(home, account=account, region=region)
        options = ["--account", place.account, "--region", place.region, "--port", str(port)]
        daemon = _spawn(home, [*options, *([] if enforce_iam else ["--no-iam"])])
        try:
            return _await_ready(home, daemon)
        except BaseException:  # an interrupted start must leave no daemon behind
            daemon.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                daemon.wait(STOPPED_WITHIN)
            raise


def stop(home: Home) -> Ending | None:
    """Stop gracefully with all state saved, and return how it ended; None if it was not running."""
    if home.endpoint() is None:
        return None
    with _one_at_a_time(home):
        running = answering(home)
        if running is None:
            home.retract()
            return None
        os.kill(running.pid, signal.SIGTERM)
        _await_end(home, running.pid)
        return Ending.last(home.root)


def settled(home: Home) -> tuple[str, ...]:
    """What the running embedded AWS settled at its start, in sentences."""
    return report.read(home.root)


def check_running(home: Home, endpoint: Endpoint) -> None:
    """Raise if its process is gone. Called often, so it sends no request."""
    if not _alive(endpoint.pid):
        raise CloudEndedError(f"the embedded AWS ended while it was in use; its log is {home.log}")


def answering(home: Home) -> Endpoint | None:
    """The endpoint of this home's embedded AWS if it runs; a killed one leaves its endpoint file behind.

    Another process may have its process id by now, but its port then refuses connections.
    """
    found = home.endpoint()
    if found is None:
        return None
    try:
        socket.create_connection(("127.0.0.1", urlsplit(found.url).port or 0), timeout=5).close()
    except (ConnectionRefusedError, ValueError):  # ValueError: the file contains no valid address
        return None
    return found


def _one_at_a_time(home: Home) -> contextlib.AbstractContextManager[None]:
    home.create()
    return exclusive(home.root / "daemon.lock")


def _spawn(home: Home, options: list[str]) -> subprocess.Popen[bytes]:
    log = _fresh_log(home.log)
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "rehearsal.daemon", "--home", str(home.root), *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=_daemon_environment(),
            cwd=home.root,
        )


def _daemon_environment() -> dict[str, str]:
    """Only what the daemon may have, because any of its children can read its initial environment.

    Byte code goes to a separate folder, because compiling the emulator's sources takes over a second and
    site-packages may be read-only.
    """
    own = {name: value for name, value in os.environ.items() if name in _OF_THE_DAEMON}
    passed = {**whitelisted(os.environ), **own}
    search_path = str(Path(__file__).parents[2])
    return {**passed, "PYTHONPATH": search_path, "PYTHONPYCACHEPREFIX": str(tool_cache() / "bytecode")}


def _fresh_log(log: Path) -> Path:
    """Keep the previous log, so that a restart does not delete the cause of a crash."""
    if log.exists():
        log.replace(log.with_suffix(".previous.log"))
    return log


def _await_ready(home: Home, daemon: subprocess.Popen[bytes]) -> Endpoint:
    deadline = time.monotonic() + _READY_WITHIN
    while time.monotonic() < deadline:
        if (endpoint := home.endpoint()) and endpoint.pid == daemon.pid:
            return endpoint
        if daemon.poll() is not None:
            raise CloudStartError(
                f"the embedded AWS ended with exit code {daemon.returncode}:\n{_tail(home)}"
            )
        time.sleep(_POLL)
    daemon.terminate()
    raise CloudStartError(f"the embedded AWS was not ready within {_READY_WITHIN:.0f} s:\n{_tail(home)}")


def _await_end(home: Home, pid: int) -> None:
    deadline = time.monotonic() + STOPPED_WITHIN
    while _alive(pid):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            home.retract()
            return
        time.sleep(_POLL)


def _alive(pid: int) -> bool:
    """Whether the process runs. A zombie does not: in a container its exit status may never be collected."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        _, _, after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return after_name[0] not in "ZX"


def _tail(home: Home) -> str:
    lines = home.log.read_text(errors="replace").splitlines() if home.log.exists() else []
    return "\n".join(lines[-_LOG_LINES_SHOWN:]) or "(nothing was logged)"
