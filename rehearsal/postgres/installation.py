"""The programs of a PostgreSQL installation, and how to run them."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.postgres import unprivileged


class ProgramFailedError(Exception):
    """A PostgreSQL program failed; the text is its own."""


@dataclass(frozen=True, kw_only=True)
class Installation:
    bin: Path
    version: str
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables by which the programs find their own data."""
    trusts_extensions: bool = True
    """Whether a master user who is no superuser can create the extensions that RDS allows."""

    @property
    def modules(self) -> Path:
        """The folder of `shared_preload_libraries`, which is Debian's."""
        return self.bin.parent / "lib"

    def as_server(self, program: str, *arguments: str | Path) -> Sequence[str | Path]:
        """The command line of a program that refuses to run as root."""
        return [*unprivileged.prefix(), self.bin / program, *arguments]

    def run_as_server(self, program: str, *arguments: str | Path) -> None:
        self._run(self.as_server(program, *arguments), environment={})

    def run(self, program: str, *arguments: str | Path, environment: Mapping[str, str]) -> None:
        """Run a client program, which finds its server by libpq's variables."""
        self._run([self.bin / program, *arguments], environment=environment)

    def server_environment(self) -> Mapping[str, str]:
        """The whole environment of a server, without PG* variables that could change its behaviour."""
        return {"PATH": os.environ.get("PATH", os.defpath), **self.environment}

    def _run(self, command: Sequence[str | Path], *, environment: Mapping[str, str]) -> None:
        done = subprocess.run(
            command,
            env={**self.server_environment(), **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ProgramFailedError(done.stderr.strip())
