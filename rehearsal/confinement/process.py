"""Starts confined processes and ends them with all their descendants."""

import contextlib
import errno
import json
import os
import select
import shutil
import signal
import subprocess
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, AnyStr

from rehearsal.confinement.command import Confinement, Way, arguments

_GONE_WITHIN_MS = 5000
_PROC = Path("/proc")
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="confined")
"""One thread that lives as long as this process: the kernel ends what it started when it ends."""


class ConfinedProcess(subprocess.Popen[AnyStr]):
    """The monitor of a confined command; it ends with the command's exit code, 128 + n after a signal n."""

    def __init__(self, command: Sequence[str], **options: Any) -> None:
        read, write = os.pipe()
        try:
            program, *rest = command
            super().__init__([program, "--info-fd", str(write), *rest], pass_fds=(write,), **options)
        except BaseException:
            os.close(read)
            raise
        finally:
            os.close(write)
        with os.fdopen(read) as facts:
            self._init: int | None = json.loads(facts.read() or "{}").get("child-pid")
        self._init_handle = _handle(self._init)
        if self._init_handle is not None:
            weakref.finalize(self, os.close, self._init_handle)

    def send_signal(self, sig: int) -> None:
        """To the command itself; SIGKILL, and any signal before there is a command, ends everything."""
        if self.poll() is not None:
            return
        command = self.command if sig != signal.SIGKILL else None
        if command is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(command, sig)
            return
        if self._init_handle is not None:  # it does not depend on its monitor while that prepares it
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._init_handle, signal.SIGKILL)
        super().send_signal(sig)

    @property
    def command(self) -> int | None:
        """The command's process id; None before it has started and after its end."""
        try:
            listing = (_PROC / str(self._init) / "task" / str(self._init) / "children").read_text()
        except OSError:
            return None
        return int(listing.split()[0]) if listing else None

    def inside(self) -> tuple[int, ...]:
        """The process ids, outside the confinement, of the command and its descendants."""
        namespace = _namespace(self._init)
        if namespace is None or self.poll() is not None:
            return ()
        pids = (int(folder.name) for folder in _PROC.glob("[0-9]*"))
        return tuple(pid for pid in pids if pid != self._init and _namespace(pid) == namespace)

    def end(self) -> int:
        """Returns when no process is left: init ends after all processes of its namespace."""
        self.kill()
        code = self.wait()
        if self._init_handle is not None:
            gone = select.poll()
            gone.register(self._init_handle, select.POLLIN)
            gone.poll(_GONE_WITHIN_MS)
        return code


def start(
    command: Sequence[str],
    *,
    way: Way,
    confinement: Confinement,
    cwd: Path,
    env: dict[str, str],
    **options: Any,
) -> ConfinedProcess[Any]:
    _check_program(command[0], env)
    whole = arguments(way, confinement, directory=cwd, command=command)
    return _starter.submit(lambda: ConfinedProcess[Any](whole, env=env, **options)).result()


def _check_program(program: str, env: dict[str, str]) -> None:
    """Fails as Popen does: inside, bubblewrap could only write it into the command's own output."""
    found = shutil.which(program, path=env.get("PATH"))
    if found is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program)
    if _machine(found) not in ("", _machine("/proc/self/exe")) and not _foreign_programs_run():
        raise OSError(errno.ENOEXEC, os.strerror(errno.ENOEXEC), program)


def _machine(program: str) -> str:
    """The processor type of a program; empty for a script."""
    try:
        with Path(program).open("rb") as file:
            head = file.read(20)
    except OSError:
        return ""
    return head[18:20].hex() if head.startswith(b"\x7fELF") else ""


def _foreign_programs_run() -> bool:
    """By qemu, which has told the kernel so."""
    return any(Path("/proc/sys/fs/binfmt_misc").glob("qemu-*"))


def _namespace(pid: int | None) -> str | None:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")  # noqa: PTH115 - a name, no path
    except OSError:
        return None


def _handle(pid: int | None) -> int | None:
    """A pidfd: refers to this process even if its id is reused, and is readable once it has ended."""
    try:
        return os.pidfd_open(pid) if pid else None
    except ProcessLookupError:
        return None
