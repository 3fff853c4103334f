"""Finds the process at the other end of a loopback connection in the kernel's tables.

For a protocol without credentials: its server can refuse connections from processes that it does not serve.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_ESTABLISHED = "01"


def is_held_by(family: int, *, peer: tuple[str, int], own: tuple[str, int]) -> bool:
    """Whether process `family` or a descendant owns the socket at `peer` that is connected to `own`."""
    inode = _inode(local=_hexadecimal(peer), remote=_hexadecimal(own))
    return inode is not None and any(_holds(pid, inode) for pid in _descendants(family))


def _inode(*, local: str, remote: str) -> str | None:
    for line in (_PROC / "net" / "tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1:4] == [local, remote, _ESTABLISHED]:
            return fields[9]
    return None


def _hexadecimal(address: tuple[str, int]) -> str:
    """The address as /proc/net/tcp writes IPv4: in the byte order of this machine."""
    numbers = bytes(int(part) for part in address[0].split("."))
    return f"{int.from_bytes(numbers, 'little'):08X}:{address[1]:04X}"


def _descendants(pid: int) -> Iterator[int]:
    yield pid
    for listing in (_PROC / str(pid) / "task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in listing.read_text().split():
                yield from _descendants(int(child))


def _holds(pid: int, inode: str) -> bool:
    with contextlib.suppress(OSError):
        for descriptor in (_PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                if str(descriptor.readlink()) == f"socket:[{inode}]":
                    return True
    return False
