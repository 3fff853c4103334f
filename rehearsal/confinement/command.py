"""The bubblewrap arguments for what a step may read and write. Nothing is run here.

Mounts are ordered by depth, and deeper ones override. So a hidden folder can contain a readable one, which
can contain another hidden one.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

PRIVATE = (Path("/tmp"), Path("/var/tmp"), Path("/run"))  # noqa: S108 - each step gets its own
_TEMPORARY = PRIVATE[:2]
_ROOT_MAY = (
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_NET_BIND_SERVICE",
    "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID",
)  # fmt: skip
"""What root keeps: enough for `tar`, `npm`, `su` and a user namespace (its uid 0 asks for SETFCAP).

Nothing that could undo a mount, read a disk or look into another process.
"""


@dataclass(frozen=True, kw_only=True)
class Confinement:
    writable: tuple[Path, ...]
    readable: tuple[Path, ...] = ()
    """Readable folders within hidden ones."""
    hidden: tuple[Path, ...] = ()
    fixed: tuple[Path, ...] = ()
    """Read-only folders within writable ones, to which an unconfined process writes."""
    temporary: Path | None = None
    """The folder that is a step's `/tmp`; without one it is in memory and lost when the process ends."""

    def reading(self, *more: Path) -> "Confinement":
        return replace(self, readable=(*self.readable, *more))

    def outside(self, path: str) -> str:
        """The path outside the confinement of a path that the step uses."""
        plain = Path(os.path.normpath(path))
        for private in _TEMPORARY:
            if self.temporary and plain.is_relative_to(private) and not self._own(plain):
                return str(self.temporary / plain.relative_to(private))
        return path

    def _own(self, path: Path) -> bool:
        return any(path.is_relative_to(folder) for folder in (*self.writable, *self.readable))


@dataclass(frozen=True, kw_only=True)
class Way:
    """How bubblewrap can be used on this machine."""

    program: Path
    user_namespace: bool
    """False for a root with all rights, whose files may then have any owner, as in CodeBuild."""
    own_proc: bool
    """Inside some containers, the container's `/proc` stays visible."""


def arguments(
    way: Way, confinement: Confinement, *, directory: Path, command: Sequence[str]
) -> tuple[str, ...]:
    return (
        str(way.program),
        *_rights(way),
        "--ro-bind", "/", "/",
        *(word for mount in _in_order(_mounts(way, confinement)) for word in mount),
        *(word for folder in _empty(confinement) for word in ("--remount-ro", str(folder))),
        "--chdir", str(directory),
        "--",
        *command,
    )  # fmt: skip


def _rights(way: Way) -> Iterator[str]:
    yield from ("--die-with-parent", "--unshare-pid", "--unshare-ipc")
    if way.user_namespace:
        yield "--unshare-user"
        return
    yield from ("--cap-drop", "ALL")
    for right in _ROOT_MAY:
        yield from ("--cap-add", right)


def _mounts(way: Way, confinement: Confinement) -> Mapping[Path, tuple[str, ...]]:
    """Mounts by path; the last one for a path counts."""
    mounts: dict[Path, tuple[str, ...]] = {Path("/dev"): ("--dev", "/dev")}
    if way.own_proc:
        mounts[Path("/proc")] = ("--proc", "/proc")
    for folder in (*PRIVATE, *confinement.hidden):
        mounts[folder] = ("--tmpfs", str(folder))
    if confinement.temporary:
        for folder in _TEMPORARY:
            mounts[folder] = ("--bind", str(confinement.temporary), str(folder))
    for path in _lent(confinement):
        for place in _places(path, confinement.hidden):
            mounts[place] = ("--ro-bind-try", str(path), str(place))
    for path in confinement.writable:
        mounts[path] = ("--bind", str(path), str(path))
    for path in confinement.fixed:
        mounts[path] = ("--ro-bind", str(path), str(path))
    return mounts


def _lent(confinement: Confinement) -> tuple[Path, ...]:
    """Never a whole hidden folder, such as a home on the search path; includes the DNS configuration."""
    resolver = Path(os.path.realpath("/etc/resolv.conf"))
    wanted = (*confinement.readable, resolver)
    return tuple(path for path in wanted if Path(os.path.realpath(path)) not in confinement.hidden)


def _empty(confinement: Confinement) -> tuple[Path, ...]:
    return tuple(folder for folder in confinement.hidden if folder not in confinement.writable)


def _in_order(mounts: Mapping[Path, tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [mounts[place] for place in sorted(mounts, key=lambda place: (len(place.parts), place))]


def _places(path: Path, hidden: Sequence[Path]) -> set[Path]:
    """The path as given and with links resolved, as far as they are hidden."""
    names = {path, Path(os.path.realpath(path))}
    return {name for name in names if any(name.is_relative_to(folder) for folder in (*PRIVATE, *hidden))}
