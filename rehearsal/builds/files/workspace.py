"""The folders of one running build.

A build gets a slot: a folder that no other build uses meanwhile and whose path is the same the next time,
because compilers and bundlers write paths into what they cache. Two concurrent builds of one project use two
slots. Everything in a slot, HOME included, is new for each build and is removed when the build has succeeded;
after a failure it stays for inspection until the next build. Only the package managers' download caches are
kept, and the libraries that jsii unpacked. They contain registry responses and nothing that a build made.

    work/<project>-<n>/output/src     the source; its parent is otherwise empty, for `../sibling`
                       inputs/<name>  secondary sources
                       home, tmp      HOME and TMPDIR
                       python, npm    where `pip install` and `npm install -g` put things

All builds of a project share its download caches, which are linked into each HOME. Other projects have their
own, because package managers trust the contents: uv links unpacked wheels into environments, cargo compiles
unpacked sources, and a build could have changed either. `SLIPWAY_PACKAGES=<folder>` names a cache for several
projects that trust each other.
"""

import contextlib
import fcntl
import itertools
import shutil
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rehearsal.home import Home, shared_packages, short_hash
from rehearsal.locks import exclusive

SHARED_CACHES = (
    ".cache/pip",
    ".cache/uv",
    ".cache/yarn",
    ".cache/aws/jsii/package-cache",
    ".cache/go-build",
    ".cache/zig",
    ".npm/_cacache",
    ".local/share/pnpm/store",
    ".cargo/registry",
    ".cargo/git",
    "go/pkg/mod",
    ".gradle/caches/modules-2",
    ".nuget/packages",
)
"""Safe for concurrent builds: the tools lock them, or the entries never change."""

_OWNER = "rehearsal"
_OWNER_ID = "rehearsal-id"
_KEPT_LOGS = 500
_CARGO_LOCKS = (".cargo/.package-cache", ".cargo/.package-cache-mutate")


@dataclass(frozen=True, kw_only=True)
class Workspace:
    root: Path
    packages: Path

    @property
    def source(self) -> Path:
        return self.root / "output" / "src"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    @property
    def scratch(self) -> Path:
        """The runner's own files: shell scripts, packed artifacts. A confined build can only read them."""
        return self.root / "run"

    @property
    def kept(self) -> Path:
        """Where the build's shell saves its state between two commands."""
        return self.root / "shell"

    @property
    def python(self) -> Path:
        return self.root / "python"

    @property
    def npm(self) -> Path:
        return self.root / "npm"

    def input(self, name: str) -> Path:
        return self.root / "inputs" / name

    def prepare(self) -> None:
        for folder in (self.source, self.home, self.temporary, self.scratch, self.kept):
            folder.mkdir(parents=True)
        for name in SHARED_CACHES:
            _make_folders(self.packages, name)
            _link(self.home / name, self.packages / name)
        for name in _CARGO_LOCKS:
            _link(self.home / name, self.packages / name)


@contextlib.contextmanager
def occupied(builds: Path, *, project_arn: str) -> Iterator[Workspace]:
    """Lock an empty slot of the project; it is unlocked afterwards."""
    name = f"{project_arn.rpartition('/')[2][:40]}-{short_hash(project_arn)[:6]}"
    for number in itertools.count():
        root = builds / "work" / f"{name}-{number}"
        root.parent.mkdir(parents=True, exist_ok=True)
        with root.with_name(f"{root.name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            discard(root, trash=builds / "trash")
            workspace = Workspace(root=root, packages=shared_packages() or builds / "packages")
            workspace.prepare()
            yield workspace
            return


def claim(home: Home) -> None:
    """Record this rehearsal as the owner of its builds, and remove builds of rehearsals whose folder is gone.

    A folder that was deleted and created again has another id. Claims are serialized, because daemons of
    several projects may start at once and each of them reads the folders of all.
    """
    folders = home.builds.parent
    with exclusive(folders / "claim.lock"):
        _forget_abandoned(home)
        home.builds.mkdir(parents=True, exist_ok=True)
        (home.builds / _OWNER).write_text(str(home.root))
        (home.builds / _OWNER_ID).write_text(_id_of(home.root, make=True))


def abandoned(home: Home) -> list[tuple[str, Path]]:
    """Builds of rehearsals whose folder is gone: the path of that folder, and the builds' folder."""
    owners = home.builds.parent.glob(f"*/{_OWNER}")
    return [(owner.read_text(), owner.parent) for owner in owners if _is_abandoned(owner)]


def forget_abandoned(home: Home) -> None:
    with exclusive(home.builds.parent / "claim.lock"):
        _forget_abandoned(home)


def _forget_abandoned(home: Home) -> None:
    for _, folder in abandoned(home):
        _forget(folder, trash=home.builds / "trash")


def _is_abandoned(owner: Path) -> bool:
    """Whether the rehearsal's folder that `owner` names is gone or has another id by now."""
    root, known = Path(owner.read_text()), owner.with_name(_OWNER_ID)
    if not root.exists():
        return True
    return known.exists() and known.read_text() != _id_of(root)


def _id_of(root: Path, *, make: bool = False) -> str:
    """The id of this rehearsal's folder, which differs after it is created again; empty if it has none."""
    file = root / "builds-id"
    if make and not file.exists():
        root.mkdir(parents=True, exist_ok=True)
        file.write_text(uuid.uuid4().hex)
    return file.read_text() if file.exists() else ""


def _forget(builds: Path, *, trash: Path) -> None:
    """Move the folder aside first, because the trash may be inside it."""
    aside = builds.with_name(f"{builds.name}-{uuid.uuid4().hex}")
    builds.rename(aside)
    discard(aside, trash=trash)


def tidy(builds: Path) -> None:
    """At start, before any build: remove what a killed daemon left half done, and all but the newest logs."""
    for folder in (
        *builds.glob("cache/*/taken-*"),
        *builds.glob("cache/*/new-*"),
        *builds.glob("results/new-*"),
    ):
        discard(folder, trash=builds / "trash")
    for doomed in builds.glob("trash/*"):
        threading.Thread(target=remove, args=(doomed,), daemon=True).start()
    logs = sorted(builds.glob("logs/*.log"), key=lambda path: path.stat().st_mtime, reverse=True)
    for log in logs[_KEPT_LOGS:]:
        log.unlink()


def discard(folder: Path, *, trash: Path) -> None:
    """Rename the folder at once; its files are removed in the background."""
    if not folder.exists():
        return
    trash.mkdir(parents=True, exist_ok=True)
    doomed = trash / uuid.uuid4().hex
    folder.rename(doomed)
    threading.Thread(target=remove, args=(doomed,), daemon=True).start()


def remove(folder: Path) -> None:
    """The second try is for folders that Go's module cache made read-only."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        for path in folder.rglob("*"):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o700)
        shutil.rmtree(folder, ignore_errors=True)


def _make_folders(root: Path, name: str) -> None:
    """Create folders without following links: a build may have put one here that leads out of the root."""
    root.mkdir(parents=True, exist_ok=True)
    for folder in (*reversed((root / name).relative_to(root).parents), Path(name)):
        path = root / folder
        if path.is_symlink():
            path.unlink()
        path.mkdir(exist_ok=True)


def _link(path: Path, target: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)
