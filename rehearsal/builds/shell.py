"""The one shell in which all commands of a build run.

A driver loop in the shell waits on its standard input for a go, sources the script that holds the
next command, and answers with its exit status. Variables and the working directory so live on from
command to command. Commands get no input, write to one pipe, and see neither of the driver's own.

A command may end the shell (`exit`, or a failure under `set -e`). Its status then counts as the
command's, and the next command starts a new shell that takes over variables and directory from what
the old one left: the driver saves them after each command and when it exits. As in CodeBuild, every
variable that is set is also exported.

All bytes of a command are in the pipe before its status is, so draining what is there when the
status arrives keeps output and commands in order, even while a background process goes on writing.
"""

import array
import fcntl
import os
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

from rehearsal.builds.processes import end_build

_DRIVER = """
exec 8>&1 1>&2 9<&0 0</dev/null
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


class BuildInterruptedError(Exception):
    """The build ran out of time or somebody stopped it; its processes are gone."""

    def __init__(self, status: Literal["TIMED_OUT", "STOPPED"]) -> None:
        super().__init__(status)
        self.status = status


class StopSignal:
    """Tells a build to end; can wake up a `select`. Setting it after the end does nothing."""

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


@dataclass(frozen=True, kw_only=True)
class _Driver:
    process: subprocess.Popen[bytes]
    control: IO[bytes]
    answers: IO[bytes]

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
        output: Callable[[bytes], None],
        stop: StopSignal,
        deadline: float,
        mark: str,
    ) -> None:
        self._program = program
        self._environment = environment
        self._directory = directory
        self._scratch = scratch
        self._output = output
        self._stop = stop
        self._deadline = deadline
        self._mark = mark
        self._read_output, self._write_output = os.pipe()
        self._pipes = [self._read_output, self._write_output]
        self._driver: _Driver | None = None
        self._groups: list[int] = []

    def run(self, command: str) -> int:
        """The command's exit status. Raises `BuildInterruptedError`."""
        (self._scratch / "script.sh").write_text(command + "\n")
        driver = self._driver or self._start()
        try:
            driver.control.write(b"go\n")
        except BrokenPipeError:
            self._ended(driver)
            return self.run(command)
        return self._finish(driver)

    def assign(self, name: str, value: str) -> None:
        self.run(f"export {name}={shlex.quote(value)}")

    def values(self, names: Sequence[str]) -> Mapping[str, str]:
        """Those variables that are set, with their values as they are."""
        lines = [f'[ -z "${{{name}+x}}" ] || printf \'%s=%s\\0\' {name} "${name}"' for name in names]
        pairs = (entry.partition("=") for entry in self._collect(lines))
        return {name: value for name, _, value in pairs}

    def expand(self, texts: Sequence[str]) -> tuple[str, ...]:
        """The texts with variables and command substitutions replaced, as between double quotes."""
        quoted = (text.replace('"', '\\"') for text in texts)
        return tuple(self._collect([f"printf '%s\\0' \"{text}\"" for text in quoted]))

    def close(self, *, gently: bool = False) -> None:
        """End the shell and everything that was started in it."""
        for group in self._groups:
            end_build(group=group, mark=self._mark, gently=gently)
        self._groups.clear()
        if self._driver:
            self._ended(self._driver)
        for pipe in self._pipes:
            os.close(pipe)
        self._pipes.clear()  # a number that is closed twice may be somebody else's by then

    def _collect(self, lines: Sequence[str]) -> list[str]:
        target = self._scratch / "collected"
        body = "\n".join(["set +eux", *lines])
        self.run(f"( {body}\n) > {shlex.quote(str(target))}")
        return target.read_text(errors="replace").split("\0")[:-1]

    def _start(self) -> _Driver:
        files = ("state", "directory", "script")
        paths = {name: shlex.quote(str(self._scratch / f"{name}.sh")) for name in files}
        loop = self._scratch / "driver.sh"
        loop.write_text(_DRIVER.format(**paths))
        process = subprocess.Popen(
            [self._program, str(loop)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._write_output,
            cwd=self._directory,
            env=dict(self._environment),
            bufsize=0,
            start_new_session=True,
        )
        self._groups.append(process.pid)
        self._driver = _Driver(
            process=process,
            control=cast(IO[bytes], process.stdin),
            answers=cast(IO[bytes], process.stdout),
        )
        return self._driver

    def _finish(self, driver: _Driver) -> int:
        """Pass output on until the status comes, the shell ends, or the build has to."""
        with selectors.DefaultSelector() as selector:
            for source in (self._read_output, driver.answers, self._stop):
                selector.register(source, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select(self._remaining())}
                if self._stop in ready or not self._remaining():
                    self._interrupt()  # looked at in every turn: a flood of output is always ready
                if driver.answers in ready:
                    status = driver.answers.readline()
                    self._drain()
                    return int(status) if status else self._ended(driver)
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

    def _ended(self, driver: _Driver) -> int:
        self._driver = None
        status = driver.reap()
        return status if status >= 0 else 128 - status
