"""The shell in which all commands of a build run.

A driver loop in the shell waits on its standard input for a start signal, sources the script with the next
command, and returns its exit status. So variables and the working directory persist from command to command.
Commands get no input, write to one pipe, and cannot access the driver's two pipes.

A command may end the shell (`exit`, or a failure under `set -e`). The shell's status is then the command's
status, and the next command starts a new shell with the variables and the directory of the old one: the
driver saves them after each command and when it exits. As in CodeBuild, every variable is exported.

The build's first process starts these shells one after the other and runs until the build ends. If it ended,
the kernel would end the process namespace of a confined build and its background processes.

All output of a command is in the pipe before its status is. Reading the available output when the status
arrives therefore keeps output and commands in order, even while a background process goes on writing.
"""

import array
import fcntl
import os
import select
import selectors
import shlex
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

from rehearsal.confinement import Confinement, ability
from rehearsal.processes import Child, Processes, end

_FIRST = """
exec 8>&1 1>&2 9<&0 0</dev/null
trap : TERM
while read -r word <&9; do
[ "$word" = start ] || continue
{program} {driver}
echo "ended $?" >&8
done
"""
_DRIVER = """
slipway_save() {{ export -p >| {state} && pwd >| {directory}; }} 2>/dev/null
trap slipway_save EXIT
if [ -f {state} ]; then . {state}; cd "$(cat {directory})"; fi
while set +a; read -r _ <&9; do
set -a
. {script} </dev/null 8>&- 9<&-
echo "$?" >&8
slipway_save
done
"""
_ENDED = b"ended "


class BuildInterruptedError(Exception):
    """The build timed out or was stopped; its processes have ended."""

    def __init__(self, status: Literal["TIMED_OUT", "STOPPED"]) -> None:
        super().__init__(status)
        self.status = status


class StopSignal:
    """Stops a build; its file descriptor can wake up a `select`. Has no effect after the build's end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set = self._closed = False
        self._read, self._write = os.pipe()

    def set(self) -> None:
        with self._lock:
            if not (self._set or self._closed):
                self._set = True
                os.write(self._write, b"!")

    def is_set(self) -> bool:
        return self._set

    def fileno(self) -> int:
        return self._read

    def close(self) -> None:
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._read)
                os.close(self._write)


@dataclass(kw_only=True)
class _First:
    """The build's first process, and whether its current shell runs."""

    process: subprocess.Popen[bytes]
    control: IO[bytes]
    answers: IO[bytes]
    shell_runs: bool = False

    def go(self) -> None:
        """Start the next command; raises `BrokenPipeError` if the first process has ended."""
        unread = select.poll()
        unread.register(self.answers, select.POLLIN)
        while unread.poll(0) and self.answer() is not None:
            pass  # the shell ended after its last command
        self.control.write(b"go\n" if self.shell_runs else b"start\ngo\n")
        self.shell_runs = True

    def answer(self) -> int | None:
        """The next status, of a command or of a shell that it ended; None if all processes have ended."""
        line = self.answers.readline()
        if line.startswith(_ENDED):
            self.shell_runs = False
        return int(line.removeprefix(_ENDED)) if line else None

    def reap(self) -> int:
        self.control.close()
        self.answers.close()
        return self.process.wait()


class Shell:
    def __init__(
        self,
        *,
        program: str,
        environment: Mapping[str, str],
        directory: Path,
        scratch: Path,
        kept: Path,
        output: Callable[[bytes], None],
        stop: StopSignal,
        deadline: float,
        build: str,
        mark: str,
        processes: Processes,
        confinement: Confinement,
    ) -> None:
        self._program = program
        self._environment = environment
        self._directory = directory
        self._scratch = scratch
        self._kept = kept
        self._output = output
        self._stop = stop
        self._deadline = deadline
        self._child = Child(kind="build", name=build)
        self._mark = mark
        self._processes = processes
        self._read_output, self._write_output = os.pipe()
        self._pipes = [self._read_output, self._write_output]
        self._confinement = confinement
        self._first: _First | None = None
        self._started: list[subprocess.Popen[bytes]] = []

    def run(self, command: str) -> int:
        """Run the command and return its exit status. Raises `BuildInterruptedError`."""
        (self._scratch / "script.sh").write_text(command + "\n")
        first = self._first or self._start()
        try:
            first.go()
        except BrokenPipeError:
            self._ended(first)
            return self.run(command)
        return self._finish(first)

    def assign(self, name: str, value: str) -> None:
        self.run(f"export {name}={shlex.quote(value)}")

    def values(self, names: Sequence[str]) -> Mapping[str, str]:
        """The values of those variables that are set."""
        lines = [f'[ -z "${{{name}+x}}" ] || printf \'%s=%s\\0\' {name} "${name}"' for name in names]
        pairs = (entry.partition("=") for entry in self._collect(lines))
        return {name: value for name, _, value in pairs}

    def expand(self, texts: Sequence[str]) -> tuple[str, ...]:
        """The texts with variables and command substitutions expanded, as between double quotes."""
        quoted = (text.replace('"', '\\"') for text in texts)
        return tuple(self._collect([f"printf '%s\\0' \"{text}\"" for text in quoted]))

    def close(self, *, gently: bool = False) -> None:
        """End the shell and all processes started in it."""
        for process in self._started:
            end(process, mark=self._mark, gently=gently)
        self._started.clear()
        if self._first:
            self._ended(self._first)
        for pipe in self._pipes:
            os.close(pipe)
        self._pipes.clear()  # closing a descriptor twice could close a file that reuses its number

    def expand_paths(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Expanded, with the build's own `/tmp` replaced by its path outside the confinement."""
        expanded = self.expand(texts)
        return tuple(map(self._confinement.outside, expanded)) if ability().way else expanded

    def _collect(self, lines: Sequence[str]) -> list[str]:
        target = self._kept / "collected"
        body = "\n".join(["set +eux", *lines])
        target.unlink(missing_ok=True)
        self.run(f"( {body}\n) > {shlex.quote(str(target))}")
        return _text_of(target).split("\0")[:-1]

    def _start(self) -> _First:
        process = self._processes.start(
            self._child,
            ["/bin/sh", str(self._write_scripts())],
            confinement=self._confinement,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._write_output,
            cwd=self._directory,
            env=dict(self._environment),
            bufsize=0,
        )
        self._started.append(process)
        self._first = _First(
            process=process,
            control=cast(IO[bytes], process.stdin),
            answers=cast(IO[bytes], process.stdout),
        )
        return self._first

    def _write_scripts(self) -> Path:
        own = {name: self._scratch / f"{name}.sh" for name in ("script", "driver")}
        shells = {name: self._kept / f"{name}.sh" for name in ("state", "directory")}
        paths = {name: shlex.quote(str(path)) for name, path in {**own, **shells}.items()}
        (self._scratch / "driver.sh").write_text(_DRIVER.format(**paths))
        first = self._scratch / "first.sh"
        first.write_text(_FIRST.format(program=shlex.quote(self._program), **paths))
        return first

    def _finish(self, first: _First) -> int:
        """Forward output until the status arrives, the shell ends, or the build is interrupted."""
        with selectors.DefaultSelector() as selector:
            for source in (self._read_output, first.answers, self._stop):
                selector.register(source, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select(self._remaining())}
                if self._stop in ready or not self._remaining():
                    self._interrupt()  # checked in every turn, because a flood of output is always ready
                if first.answers in ready:
                    status = first.answer()
                    self._drain()
                    return self._ended(first) if status is None else status
                if self._read_output in ready:
                    self._output(os.read(self._read_output, 65536))

    def _remaining(self) -> float:
        return max(0.0, self._deadline - time.monotonic())

    def _interrupt(self) -> None:
        self.close(gently=True)
        raise BuildInterruptedError("STOPPED" if self._stop.is_set() else "TIMED_OUT")

    def _drain(self) -> None:
        waiting = array.array("i", [0])
        fcntl.ioctl(self._read_output, termios.FIONREAD, waiting)
        if waiting[0]:
            self._output(os.read(self._read_output, waiting[0]))

    def _ended(self, first: _First) -> int:
        self._first = None
        status = first.reap()
        return status if status >= 0 else 128 - status


def _text_of(file: Path) -> str:
    """Read a file of the build, but not through a link, which would be read with other permissions."""
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW), errors="replace") as opened:
        return opened.read()
