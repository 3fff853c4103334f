"""Start, stop and reach the embedded AWS from another process."""

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
    """The embedded AWS did not come up; the message ends with its last words."""


class CloudEndedError(Exception):
    """The embedded AWS was there and is no more: somebody stopped it, or it was killed."""


def session(
    endpoint: Endpoint, *, account: str | None = None, region: str | None = None, key: AccessKey | None = None
) -> LocalSession:
    """A boto3 session against the endpoint: the account's root, unless `key` names somebody else."""
    return LocalSession(
        endpoint_url=endpoint.url,
        region=region or endpoint.region,
        key=key or root_key(endpoint, account=account),
    )


def root_key(endpoint: Endpoint, *, account: str | None = None) -> AccessKey:
    """The root of the endpoint's own account, or of another one."""
    return AccessKey.of_root(account or endpoint.account, secret=endpoint.secret)


def start(
    home: Home,
    *,
    account: str | None = None,
    region: str | None = None,
    port: int = 0,
    enforce_iam: bool = True,
) -> Endpoint:
    """The running embedded AWS of this home, started if there is none. Two callers get the same one.

    Without an account or region it acts from those of its last start.
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
        except BaseException:  # whoever is interrupted while it starts leaves no daemon behind
            daemon.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                daemon.wait(STOPPED_WITHIN)
            raise


def stop(home: Home) -> Ending | None:
    """Stop gracefully, state saved, and say how that went; None if nothing ran."""
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
    """What the running embedded AWS found unfinished at its start, and what became of it."""
    return report.told(home.root)


def check_running(home: Home, endpoint: Endpoint) -> None:
    """Raises where its process is gone; asked often, so nothing is sent."""
    if not _alive(endpoint.pid):
        raise CloudEndedError(f"the embedded AWS ended while it was needed; its log is {home.log}")


def answering(home: Home) -> Endpoint | None:
    """The embedded AWS of this home, if it is there: one that was killed leaves its address behind.

    Its process number may be somebody else's by now; its port then accepts nobody.
    """
    found = home.endpoint()
    if found is None:
        return None
    try:
        socket.create_connection(("127.0.0.1", urlsplit(found.url).port or 0), timeout=5).close()
    except (ConnectionRefusedError, ValueError):  # or its address is none
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
    """Nothing of the person's that the daemon must not have: any of its children may read what it began with.

    Byte code goes to a folder of its own, as the emulator's sources take over a second to compile
    and site-packages may be read-only.
    """
    own = {name: value for name, value in os.environ.items() if name in _OF_THE_DAEMON}
    passed = {**whitelisted(os.environ), **own}
    search_path = str(Path(__file__).parents[2])
    return {**passed, "PYTHONPATH": search_path, "PYTHONPYCACHEPREFIX": str(tool_cache() / "bytecode")}


def _fresh_log(log: Path) -> Path:
    """Keep one predecessor, so that a restart does not take away what explains it."""
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
    """Not so a zombie: in a container, nobody may ever fetch the end of a process that was left behind."""
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
