"""The daemon of a project's rehearsal: the embedded AWS with all its extensions.

Order matters. The port is bound first, because ministack reads it from its environment at import. The
environment is replaced next, because functions and agents inherit it. Then ministack is imported and hooked,
and then it serves. The endpoint is published once it answers, not before.
"""

import argparse
import asyncio
import importlib
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hypercorn.asyncio import serve
from hypercorn.config import Config

from rehearsal.daemon.gate import Gate
from rehearsal.daemon.listener import listen
from rehearsal.daemon.settling import operations
from rehearsal.daemon.settling.journal import Journal
from rehearsal.daemon.settling.start import about, settle
from rehearsal.daemon.shutdown import Leaving
from rehearsal.daemon.state import Durable, Ending, Saver, autosave, objects
from rehearsal.emulator.constant_gaps import constant_gaps
from rehearsal.emulator.environment import AccessKey, clean_environment
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import HookError
from rehearsal.emulator.loading import load
from rehearsal.emulator.settings import READ_ONCE, emulator_environment
from rehearsal.fingerprint import fingerprint
from rehearsal.home import Endpoint, Home, tool_cache
from rehearsal.processes import end_children, end_left_behind

EXTENSIONS: tuple[str, ...] = (
    "rehearsal.cloud.services",
    "rehearsal.postgres.attachment",
    "rehearsal.builds.service",
    "rehearsal.api.service",
    "rehearsal.providers.s3_watch",
    "rehearsal.providers.expiry",
)
"""Modules whose `attach(cloud)` extends the embedded AWS, in this order."""

_KEEP_ALIVE_SECONDS = 75


@dataclass(frozen=True, kw_only=True)
class Options:
    home: Home
    port: int
    account: str
    region: str
    enforce_iam: bool


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parse(arguments)
    options.home.create()
    fingerprint()  # now, before a file can change that is imported later
    listener = listen(options.port, remembered=options.home.root / "port")
    already = [*about(Ending.last(options.home.root)), *_end_left_behind(options.home)]
    _prepare_process(options, port=listener.getsockname()[1])
    try:
        asyncio.run(_serve(options, listener, already))
    except HookError as error:
        print(error, file=sys.stderr)  # noqa: T201 - logging is not configured yet
        return 1
    finally:
        end_children()
        _end_left_behind(options.home)
    return 0


def _end_left_behind(home: Home) -> list[str]:
    return end_left_behind(home.processes, (home.root, home.builds))


def _parse(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.daemon", description=__doc__)
    parser.add_argument("--home", required=True, type=Path, help="the folder that holds all state")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--account", type=_account, default="000000000000", help="12 digits")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--no-iam", action="store_true", help="allow every call")
    found = parser.parse_args(arguments)
    return Options(
        home=Home(found.home.resolve()),
        port=found.port,
        account=found.account,
        region=found.region,
        enforce_iam=not found.no_iam,
    )


def _account(text: str) -> str:
    if not re.fullmatch(r"\d{12}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not an account id: give 12 digits")
    return text


def _prepare_process(options: Options, *, port: int) -> None:
    """Replace the environment: functions and agents inherit it, so it must not contain the person's."""
    cache = str(tool_cache().parent)
    environment = clean_environment(
        endpoint_url=f"http://127.0.0.1:{port}",
        region=options.region,
        key=AccessKey.of_root(options.account, secret=options.home.secret),
        home=options.home.root / "functions",
        extra={"XDG_CACHE_HOME": cache},  # downloaded programs stay in the person's cache
    )
    settings = emulator_environment(
        home=options.home,
        port=port,
        account=options.account,
        region=options.region,
        enforce_iam=options.enforce_iam,
    )
    os.environ.clear()
    os.environ.update({**environment, **settings})
    scratch = options.home.root / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    tempfile.tempdir = str(scratch)


async def _serve(options: Options, listener: socket.socket, already: Sequence[str]) -> None:
    """Serve until asked to stop; callbacks of extensions run while the endpoint still answers."""
    endpoint_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    parts = _assemble(options, endpoint_url)
    asked, stopped, stopping = _stop_signals(), asyncio.Event(), threading.Event()
    server = asyncio.create_task(_server(parts.gate, listener, stopped))
    announced = asyncio.create_task(_announce(options, parts, already))
    parts.cloud.background("autosave", lambda: autosave(parts.durable, parts.saver, stopping))
    ends = {server, asyncio.create_task(asked.wait())}
    await asyncio.wait({*ends, announced}, return_when=asyncio.FIRST_COMPLETED)
    if announced.done() and not server.done():
        announced.result()  # raises if the endpoint could not be published
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    announced.cancel()
    options.home.retract()
    options.home.create()
    if server.done():
        server.result()
        return

    async def end_server() -> None:
        stopping.set()
        stopped.set()
        await server

    await Leaving(parts.cloud, parts.saver).leave(end_server)


@dataclass(frozen=True, kw_only=True)
class Parts:
    cloud: Cloud
    gate: Gate
    durable: Durable
    saver: Saver
    journal: Journal


def _assemble(options: Options, endpoint_url: str) -> Parts:
    cloud, app = load(
        home=options.home,
        endpoint_url=endpoint_url,
        account=options.account,
        region=options.region,
        enforce_iam=options.enforce_iam,
    )
    cloud.gaps.keep_constant(constant_gaps(enforces_iam=options.enforce_iam))
    for name in EXTENSIONS:
        importlib.import_module(name).attach(cloud)
    for name in READ_ONCE:
        os.environ.pop(name, None)
    for layer in cloud.layers:
        app = layer(app)
    saver, journal = Saver(), Journal(options.home.state / "operations")
    operations.record(journal)
    objects.apply()
    durable = Durable(app, saver)
    gate = Gate(
        durable,
        port=urlsplit(endpoint_url).port or 0,
        secret=options.home.secret,
        enforces_iam=options.enforce_iam,
    )
    return Parts(cloud=cloud, gate=gate, durable=durable, saver=saver, journal=journal)


async def _server(app: Gate, listener: socket.socket, stopped: asyncio.Event) -> None:
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = _KEEP_ALIVE_SECONDS
    config.loglevel = "WARNING"
    await serve(app, config, shutdown_trigger=stopped.wait)  # type: ignore[arg-type]


def _stop_signals() -> asyncio.Event:
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    return asked


async def _announce(options: Options, parts: Parts, already: Sequence[str]) -> None:
    """Publish the endpoint once it answers and interrupted operations of the last daemon are settled."""
    await _answering(options, parts.cloud.endpoint_url)
    await settle(parts.cloud, parts.journal, parts.saver, already)
    Ending.expect_kill(options.home.root)
    options.home.publish(
        Endpoint(
            url=parts.cloud.endpoint_url,
            pid=os.getpid(),
            account=options.account,
            region=options.region,
            secret=options.home.secret,
            enforces_iam=options.enforce_iam,
            code=fingerprint(),
        )
    )


async def _answering(options: Options, endpoint_url: str) -> None:
    """Wait for a response: the listener accepts connections earlier than ministack serves them."""
    port = urlsplit(endpoint_url).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = (
        "GET /_ministack/health HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Authorization: Bearer {options.home.secret}",
        "Connection: close",
    )
    writer.write("".join(f"{line}\r\n" for line in (*lines, "")).encode())
    answer = await reader.readline()
    writer.close()
    if b" 200 " not in answer:
        raise RuntimeError(f"the embedded AWS answered its own health check with {answer!r}")


if __name__ == "__main__":
    sys.exit(main())
