"""Where one project's rehearsal keeps its things, and how a command finds the one that is running."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Endpoint:
    """A running embedded AWS. Written when it answers, removed when it has stopped."""

    url: str
    pid: int
    account: str
    region: str
    enforces_iam: bool = True


@dataclass(frozen=True)
class Home:
    """Everything below one folder, `.slipway/` in the project; deleting the folder forgets everything."""

    root: Path

    @classmethod
    def of(cls, project: Path) -> "Home":
        return cls(project.resolve() / ".slipway")

    @property
    def state(self) -> Path:
        """The embedded AWS's own state, S3 objects included."""
        return self.root / "state"

    @property
    def record(self) -> Path:
        """Runs, actions, logs and events (SQLite)."""
        return self.root / "record.sqlite"

    @property
    def git(self) -> Path:
        """Bare repositories, one per pipeline source; the git remote `slipway` is one of them."""
        return self.root / "git"

    @property
    def builds(self) -> Path:
        """Work folders, caches and the home folder of rehearsed builds.

        Outside of the project, and the only thing that is: cargo, npm, ruff and many more look for
        their settings in every folder above, and would find the project's own around a copy of it.
        """
        return tool_cache() / "builds" / short_hash(str(self.root))

    @property
    def databases(self) -> Path:
        return self.root / "databases"

    @property
    def log(self) -> Path:
        return self.root / "daemon.log"

    def endpoint(self) -> Endpoint | None:
        """The embedded AWS that runs for this project now, or None."""
        try:
            found = Endpoint(**json.loads((self.root / "endpoint.json").read_text()))
            os.kill(found.pid, 0)
        except (FileNotFoundError, ProcessLookupError, PermissionError, ValueError, TypeError):
            return None
        return found

    def publish(self, endpoint: Endpoint) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        pending = self.root / "endpoint.json.new"
        pending.write_text(json.dumps(asdict(endpoint)))
        pending.rename(self.root / "endpoint.json")

    def retract(self) -> None:
        (self.root / "endpoint.json").unlink(missing_ok=True)


_CACHES = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
# Read at import: the daemon gives itself another HOME later, and the person's cache is the one meant.


def tool_cache() -> Path:
    """Programs fetched once for every project of this person (PostgreSQL, above all)."""
    return _CACHES / "slipway"


def short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]
