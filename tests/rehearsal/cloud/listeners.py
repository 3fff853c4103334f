"""On which addresses a process and everything that it started listen, as the kernel lists them."""

import contextlib
import ipaddress
from collections.abc import Iterator
from pathlib import Path

_LISTENS = "0A"


def listening(pid: int) -> list[str]:
    own = {inode for process in _family(pid) for inode in _sockets(process)}
    return sorted(address for address, inode in _listeners() if inode in own)


def _family(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):
        for listing in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in listing.read_text().split():
                yield from _family(int(child))


def _sockets(pid: int) -> Iterator[str]:
    with contextlib.suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                yield str(descriptor.readlink()).removeprefix("socket:[").removesuffix("]")


def _listeners() -> Iterator[tuple[str, str]]:
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == _LISTENS:
                yield _address(local.partition(":")[0]), rest[5]


def _address(written: str) -> str:
    """The kernel writes words of four bytes, each in the order of this machine."""
    words = (written[start : start + 8] for start in range(0, len(written), 8))
    return str(ipaddress.ip_address(b"".join(bytes.fromhex(word)[::-1] for word in words)))
