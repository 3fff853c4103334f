"""What a step may see and write, and the bubblewrap arguments that make it so. Nothing runs here.

Mounts are made in the order of their depth: what lies deeper decides. A folder that is hidden can so
hold one that is readable, and that one another that is hidden.
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
    """Of what is hidden."""
    hidden: tuple[Path, ...] = ()
    fixed: tuple[Path, ...] = ()
    """Of what is writable, folders that are not: whoever is not confined writes there."""
    temporary: Path | None = None
    """The folder that a step finds at `/tmp`; without one it is in memory and gone with the process."""

    def reading(self, *more: Path) -> "Confinement":
        return replace(self, readable=(*self.readable, *more))

    def outside(self, path: str) -> str:
        """Where that is, which the step calls `path`, for whoever is not confined."""
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
    """Not so for a root that has all rights: its files may then have any owner, as in CodeBuild."""
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
    """By where they are; of two at the same place the later one here counts."""
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
    """Never a whole folder that is hidden, as a home on the search path would be; and who answers for DNS."""
    resolver = Path(os.path.realpath("/etc/resolv.conf"))
    wanted = (*confinement.readable, resolver)
    return tuple(path for path in wanted if Path(os.path.realpath(path)) not in confinement.hidden)


def _empty(confinement: Confinement) -> tuple[Path, ...]:
    return tuple(folder for folder in confinement.hidden if folder not in confinement.writable)


def _in_order(mounts: Mapping[Path, tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [mounts[place] for place in sorted(mounts, key=lambda place: (len(place.parts), place))]


def _places(path: Path, hidden: Sequence[Path]) -> set[Path]:
    """Where it is needed: by the name it was given and by the one it really has, where they are hidden."""
    names = {path, Path(os.path.realpath(path))}
    return {name for name in names if any(name.is_relative_to(folder) for folder in (*PRIVATE, *hidden))}
