"""The daemon's socket: on loopback, and on the same port as last time if it is free.

URLs with the port outlive a stop: queue URLs in functions' variables, outputs that a person copied. So a free
port is chosen once for each home.
"""

import errno
import socket
import sys
from pathlib import Path

_BACKLOG = 128


def listen(port: int, *, remembered: Path) -> socket.socket:
    """Bind `port`; 0 takes the port of the last start if it is free, else any free one."""
    listener = (_bound(_last(remembered)) or _bound(0)) if port == 0 else _bound(port)
    if listener is None:
        sys.exit(f"Port {port} cannot be used (in use): give another --port, or 0 for a free one.")
    remembered.parent.mkdir(parents=True, exist_ok=True)
    remembered.write_text(str(listener.getsockname()[1]))
    listener.listen(_BACKLOG)
    return listener


def _bound(port: int) -> socket.socket | None:
    """None if another program uses the port."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        listener.close()
        if isinstance(error, OverflowError):
            sys.exit(f"Port {port} cannot be used: give one up to 65535, or 0 for a free one.")
        if error.errno == errno.EADDRINUSE:
            return None
        sys.exit(f"Port {port} cannot be used ({error.strerror}): give another --port, or 0 for a free one.")
    return listener


def _last(remembered: Path) -> int:
    try:
        port = int(remembered.read_text())
    except (FileNotFoundError, ValueError):
        return 0
    return port if 0 <= port <= 65535 else 0
