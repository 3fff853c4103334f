"""Chooses the loopback address and port of a server.

Linux accepts connections on all of 127.0.0.0/8, so every server can have its own address and keep the port
from its template: a client with 5432 in its code works unchanged. The address is derived from the server's
folder and stored, because secrets and outputs contain it across restarts.
"""

import hashlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ATTEMPTS = 16


class AddressTakenError(Exception):
    """Another program listens on the address of a server of this project."""


@dataclass(frozen=True, kw_only=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def is_free(self) -> bool:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError:
                return False
        return True

    def await_free(self, *, seconds: float) -> None:
        """Wait a while, because the program that listens here may be about to end."""
        deadline = time.monotonic() + seconds
        while not self.is_free():
            if time.monotonic() > deadline:
                raise AddressTakenError(f"{self} is taken by another program; stop that one and try again")
            time.sleep(0.02)


def choose(folder: Path, *, port: int) -> Address:
    """The folder's own address with this port, or else 127.0.0.1 with any free port."""
    for host in _candidates(folder):
        address = Address(host=host, port=port)
        if address.is_free():
            return address
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Address(host="127.0.0.1", port=probe.getsockname()[1])


def _candidates(folder: Path) -> Iterator[str]:
    for attempt in range(_ATTEMPTS):
        second, third, fourth = hashlib.sha256(f"{folder.resolve()} {attempt}".encode()).digest()[:3]
        # Other programs commonly use 127.0.x.x; .0 and .255 look like networks.
        yield f"127.{1 + second % 254}.{third}.{1 + fourth % 254}"
