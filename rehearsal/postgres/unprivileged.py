"""Runs PostgreSQL for whoever started the rehearsal, root included.

The server refuses to run as root, because a hole in it would then be a hole in everything. In a
container root is all there is, and the data lie in root's own folders, so "run it as somebody else"
alone is not enough. Two ways around, tried in this order:

1. A user namespace (`unshare --user --map-user`): to itself the server is `nobody`, on disk its
   files stay the caller's. Needs no privilege, but many container engines forbid it.
2. `setpriv` to `nobody`, keeping only the capability to pass folders that `nobody` cannot enter. The
   data folder then belongs to `nobody`. Needs to be root, which is the only case left.

An ordinary user needs neither, unless the password file does not know them (`docker run --user`):
initdb asks for a user's name, and the user namespace gives it one.
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
    # access(2) would otherwise forget the capability, and PostgreSQL looks for its programs with it.
    "--securebits=+no_setuid_fixup",
)


class RootOnlyError(Exception):
    """No way to give up root is permitted here."""


@functools.cache
def prefix() -> tuple[str, ...]:
    """What to put before a PostgreSQL command so that it does not run as root."""
    for way in permitted_ways():
        return way
    raise RootOnlyError(
        "PostgreSQL refuses to run as root, and neither `unshare --user` nor `setpriv` may give root up "
        "here: run the rehearsal as an ordinary user"
    )


def permitted_ways() -> Iterator[tuple[str, ...]]:
    """Each way that works here, best first; the empty one is to run it just so."""
    if os.geteuid() and _is_known_user():
        yield ()
    for way in (_USER_NAMESPACE, _LESSER_USER):
        if _works(way):
            yield way


def hand_over(folder: Path) -> None:
    """Let the user that `prefix` leads to own the folder, whoever owned it before."""
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
