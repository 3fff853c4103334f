"""The programs of one PostgreSQL, and how to run each of them."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.postgres import unprivileged


class ProgramFailedError(Exception):
    """One of PostgreSQL's programs ended with an error; the text is its own."""


@dataclass(frozen=True, kw_only=True)
class Installation:
    bin: Path
    version: str
    environment: Mapping[str, str] = field(default_factory=dict)
    """What the programs need to find their own data."""
    trusts_extensions: bool = True
    """Whether a master user who is no superuser can create what RDS lets him create."""

    @property
    def modules(self) -> Path:
        """Where `shared_preload_libraries` are looked for; Debian's place, as every build's."""
        return self.bin.parent / "lib"

    def as_server(self, program: str, *arguments: str | Path) -> Sequence[str | Path]:
        """The command line of a program that refuses to run as root."""
        return [*unprivileged.prefix(), self.bin / program, *arguments]

    def run_as_server(self, program: str, *arguments: str | Path) -> None:
        self._run(self.as_server(program, *arguments), environment={})

    def run(self, program: str, *arguments: str | Path, environment: Mapping[str, str]) -> None:
        """Run a client program; it finds its server by the variables of libpq."""
        self._run([self.bin / program, *arguments], environment=environment)

    def server_environment(self) -> Mapping[str, str]:
        """All that a server gets to see of ours: no PG* variable may change what it does."""
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
