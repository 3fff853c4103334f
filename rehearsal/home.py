"""The files of one project's rehearsal, and the endpoint of its running embedded AWS."""

import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

_IGNORES_ALL = "*\n"


@dataclass(frozen=True)
class Endpoint:
    """A running embedded AWS. Written once it answers, removed when it has stopped."""

    url: str
    pid: int
    account: str
    region: str
    secret: str = field(repr=False)
    """The home's secret; see `Home.secret`."""
    enforces_iam: bool = True
    code: str = ""
    """The fingerprint of the code that it runs."""


@dataclass(frozen=True)
class Home:
    """Everything below one folder, `.slipway/` in the project; deleting the folder deletes all state."""

    root: Path

    @classmethod
    def of(cls, project: Path) -> "Home":
        return cls(project.resolve() / ".slipway")

    def create(self) -> None:
        """Create the folder, readable by its owner only and ignored by git, because it contains secrets.

        A file that is empty, as a full disk leaves it, ignores nothing: it is written again.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root.chmod(0o700)
        ignored = self.root / ".gitignore"
        if not ignored.exists() or ignored.read_text() != _IGNORES_ALL:
            pending = self.root / f".gitignore.{os.getpid()}.{secrets.token_hex(4)}"
            pending.write_text(_IGNORES_ALL)
            pending.replace(ignored)

    @property
    def secret(self) -> str:
        """The secret from which every credential of this rehearsal is derived; created at the first use.

        Its file is linked to its path when complete, so that two processes that start at once read the same.
        """
        file = self.root / "secret"
        if not file.exists():
            self.create()
            pending = self.root / f"secret.{os.getpid()}.{secrets.token_hex(4)}"
            write_private(pending, secrets.token_urlsafe(32))
            try:
                file.hardlink_to(pending)
            except FileExistsError:
                pass
            finally:
                pending.unlink()
        return file.read_text()

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

        They alone are outside of the project: cargo, npm, ruff and many more read settings in every folder
        above, and would find the project's own above a copy of it.
        """
        return tool_cache() / "builds" / short_hash(str(self.root))

    @property
    def databases(self) -> Path:
        return self.root / "databases"

    @property
    def processes(self) -> Path:
        """A file for each running child process of the embedded AWS."""
        return self.root / "processes"

    @property
    def log(self) -> Path:
        return self.root / "daemon.log"

    def endpoint(self) -> Endpoint | None:
        """The embedded AWS that is running for this project, or None."""
        try:
            found = Endpoint(**json.loads((self.root / "endpoint.json").read_text()))
            os.kill(found.pid, 0)
        except (FileNotFoundError, ProcessLookupError, PermissionError, ValueError, TypeError):
            return None
        return found

    def publish(self, endpoint: Endpoint) -> None:
        self.create()
        pending = self.root / "endpoint.json.new"
        write_private(pending, json.dumps(asdict(endpoint)))
        pending.rename(self.root / "endpoint.json")

    def retract(self) -> None:
        (self.root / "endpoint.json").unlink(missing_ok=True)


_CACHES = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
_PACKAGES = os.environ.get("SLIPWAY_PACKAGES")
# Both are read at import, because they are the person's own and the daemon cleans its environment later.


def shared_packages() -> Path | None:
    """The shared download folder of projects that trust each other; None if each project has its own."""
    named = os.environ.get("SLIPWAY_PACKAGES") or _PACKAGES
    return Path(named).expanduser().absolute() if named else None


def tool_cache() -> Path:
    """Programs that are downloaded once for all projects of this person, such as PostgreSQL."""
    return _CACHES / "slipway"


def write_private(file: Path, text: str) -> None:
    """Write the file so that only its owner can ever read it."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)


def short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]
