"""Runs PostgreSQL for any user, root included.

The server refuses to run as root, because a security hole in it would then affect the whole machine. In a
container there is often only root, and root owns the data folders, so running as another user is not enough
by itself. Two ways, tried in this order:

1. A user namespace (`unshare --user --map-user`): in it the server runs as `nobody`, on disk its files stay
   the caller's. Needs no privilege, but many container engines forbid it.
2. `setpriv` to `nobody`, keeping only the capability to search folders that `nobody` cannot enter. The data
   folder then belongs to `nobody`. Needs root, which is the only case left.

An ordinary user needs neither, unless the password file does not contain the user (`docker run --user`):
initdb needs a user name, which the user namespace provides.
"""

import functools
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

_NOBODY = pwd.getpwnam("nobody")
_USER_NAMESPACE = ("unshare", "--user", f"--map-user={_NOBODY.pw_uid}")
_LESSER_USER = (
    "setpriv",
    f"--reuid={_NOBODY.pw_uid}",
    f"--regid={_NOBODY.pw_gid}",
    "--clear-groups",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
    # Otherwise access(2) would ignore the capability, and PostgreSQL finds its programs with access(2).
    "--securebits=+no_setuid_fixup",
)


class RootOnlyError(Exception):
    """No way to drop root privileges is permitted here."""


@functools.cache
def prefix() -> tuple[str, ...]:
    """The command prefix with which PostgreSQL does not run as root."""
    for way in permitted_ways():
        return way
    raise RootOnlyError(
        "PostgreSQL refuses to run as root, and neither `unshare --user` nor `setpriv` may drop privileges "
        "here: run the rehearsal as an ordinary user"
    )


def permitted_ways() -> Iterator[tuple[str, ...]]:
    """Each prefix that works here, best first; the empty one runs the command unchanged."""
    if os.geteuid() and _is_known_user():
        yield ()
    for way in (_USER_NAMESPACE, _LESSER_USER):
        if _works(way):
            yield way


def hand_over(folder: Path) -> None:
    """Make the user of `prefix` the owner of the folder."""
    if os.geteuid():
        return
    owner = (_NOBODY.pw_uid, _NOBODY.pw_gid) if prefix() == _LESSER_USER else (0, 0)
    for path in (folder, *folder.rglob("*")):
        if path.lstat().st_uid != owner[0]:
            os.chown(path, *owner, follow_symlinks=False)


def _works(way: tuple[str, ...]) -> bool:
    if shutil.which(way[0]) is None:
        return False
    return subprocess.run([*way, "true"], capture_output=True, check=False).returncode == 0


def _is_known_user() -> bool:
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return True
