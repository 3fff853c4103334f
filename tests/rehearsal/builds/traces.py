"""How often a build really ran, whatever it says: counted where its package managers keep things.

That is the one place that a confined build can write to and that outlives it.
"""

from dataclasses import dataclass, field
from uuid import uuid4

from rehearsal.home import shared_packages


@dataclass(frozen=True)
class Trace:
    name: str = field(default_factory=lambda: f"ran-{uuid4().hex}")

    @property
    def command(self) -> str:
        return f"echo ran >> $HOME/.cache/pip/{self.name}"

    def count(self) -> int:
        packages = shared_packages()
        assert packages is not None, "tests share one folder of packages (tests/conftest.py)"
        return len((packages / ".cache/pip" / self.name).read_text().splitlines())
