"""Runs an agent's entry point on its own port instead of 8080. Started as a script, in the agent's folder.

A deployed agent listens on 8080, by its framework's default or as a number in its code. Several agents share
this machine, so a bind to 8080 in this process uses the agent's port on loopback instead. A connection to
that port must start with the agent's token, which is the first line of standard input; any other connection
is closed before the server sees it.
"""

import errno
import hmac
import importlib
import os
import runpy
import socket
import sys
from typing import Any

_DEPLOYED_PORT = 8080
_TOKEN_WITHIN = 1.0


def main() -> None:
    port, entry_point = int(sys.argv[1]), sys.argv[2:]
    sys.path[0] = ""
    token = sys.stdin.readline().strip().encode()
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    _move_sockets(port)
    _move_uvicorn(port)
    _ask_for(token, port)
    program = next((word for word in entry_point if word.endswith(".py")), None)
    if program is None:
        sys.exit(f"The entry point {entry_point} names no .py file; the rehearsal runs Python programs only.")
    sys.argv = entry_point[entry_point.index(program) :]
    runpy.run_path(program, run_name="__main__")


def _move_sockets(port: int) -> None:
    native = socket.socket.bind

    def bind(self: socket.socket, address: Any) -> None:
        wanted = isinstance(address, tuple) and address[1] == _DEPLOYED_PORT
        native(self, ("127.0.0.1" if self.family == socket.AF_INET else "::1", port) if wanted else address)

    socket.socket.bind = bind  # type: ignore[assignment, method-assign]


def _ask_for(token: bytes, port: int) -> None:
    """Report a refused connection as aborted, after which servers accept the next one."""
    native = socket.socket.accept

    def accept(self: socket.socket) -> Any:
        connection, address = native(self)
        if self.getsockname()[1] == port and not _begins_with(token, connection):
            connection.close()
            raise ConnectionAbortedError(errno.ECONNABORTED, os.strerror(errno.ECONNABORTED))
        return connection, address

    socket.socket.accept = accept  # type: ignore[method-assign]


def _begins_with(token: bytes, connection: socket.socket) -> bool:
    """The server waits meanwhile, so a client that sends nothing may delay it for a moment only."""
    before = connection.gettimeout()
    connection.settimeout(_TOKEN_WITHIN)
    received = b""
    try:
        while len(received) < len(token) and (more := connection.recv(len(token) - len(received))):
            received += more
    except OSError:
        return False
    finally:
        connection.settimeout(before)
    return hmac.compare_digest(received, token)


def _move_uvicorn(port: int) -> None:
    """Set the port in uvicorn, because with uvloop it does not use Python's socket module."""
    try:
        uvicorn: Any = importlib.import_module("uvicorn")
    except ImportError:
        return
    native = uvicorn.Config.__init__

    def configured(self: Any, *arguments: Any, **options: Any) -> None:
        if options.get("port") == _DEPLOYED_PORT:
            options.update(port=port, host="127.0.0.1", loop="asyncio")
        native(self, *arguments, **options)

    uvicorn.Config.__init__ = configured


if __name__ == "__main__":
    main()
