"""Runs an agent's entry point on its own port in place of 8080. Started as a script, in the agent's folder.

A deployed agent serves on 8080, by its framework's default or as a number in its code. Several agents
share this machine, so whatever asks for 8080 in this process gets the agent's port on loopback.
"""

import importlib
import runpy
import socket
import sys
from typing import Any

_DEPLOYED_PORT = 8080


def main() -> None:
    port, entry_point = int(sys.argv[1]), sys.argv[2:]
    sys.path[0] = ""
    _move_sockets(port)
    _move_uvicorn(port)
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


def _move_uvicorn(port: int) -> None:
    """uvicorn on uvloop binds outside Python's socket module."""
    try:
        uvicorn: Any = importlib.import_module("uvicorn")
    except ImportError:
        return
    native = uvicorn.Config.__init__

    def configured(self: Any, *arguments: Any, **options: Any) -> None:
        if options.get("port") == _DEPLOYED_PORT:
            options.update(port=port, host="127.0.0.1")
        native(self, *arguments, **options)

    uvicorn.Config.__init__ = configured


if __name__ == "__main__":
    main()
