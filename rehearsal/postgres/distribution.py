"""Provides the rehearsal's PostgreSQL.

The first choice is a private PostgreSQL 17 from Debian's packages, below `tool_cache()`, shared by all
projects of a person. It is assembled in a folder beside its final path and renamed once it runs, so that a
failed download leaves nothing behind. A file lock makes other processes wait for the result.

If Debian's packages cannot be downloaded, an installed server is used if it has all five extensions. Its
`trusted` settings cannot be changed, so its master users are superusers instead.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from rehearsal.home import short_hash, tool_cache
from rehearsal.locks import exclusive
from rehearsal.postgres.debian import PackageFetch, PackagesUnavailableError, architecture, unpack
from rehearsal.postgres.installation import Installation
from rehearsal.postgres.relocation import Relocation, UnsupportedArchitectureError

Progress = Callable[[str], None]

MAJOR = "17"
SUITE = "trixie"
PACKAGES = (
    f"postgresql-{MAJOR}",
    f"postgresql-{MAJOR}-pgvector",
    f"postgresql-{MAJOR}-postgis-3",
    f"postgresql-{MAJOR}-postgis-3-scripts",
)
EXTENSIONS = ("uuid-ossp", "vector", "postgis", "btree_gist", "pg_trgm")
OLDEST_USABLE = 15
RECIPE = 1
"""Increment it when the assembly changes, so that older installations are replaced."""

_NOT_UNPACKED = ("libllvm", "libz3", "libgdal", "libpoppler", "libperl", "perl", "fonts", "gnupg", "locales")
"""The largest packages that no kept program needs; relocation fails if that is ever wrong."""


class PostgresUnavailableError(Exception):
    """No PostgreSQL with the five extensions is available; the text says what to install."""


def ensure(progress: Progress = lambda _: None) -> Installation:
    """The private PostgreSQL, downloaded if needed, or else an installed one."""
    try:
        return _ensure_private(progress)
    except (PackagesUnavailableError, UnsupportedArchitectureError) as reason:
        found = _installed()
        if found is None:
            raise PostgresUnavailableError(_what_to_install(str(reason))) from reason
        return found


def _ensure_private(progress: Progress) -> Installation:
    arch = architecture()
    identity = json.dumps([RECIPE, SUITE, PACKAGES, arch, str(tool_cache())])
    home = tool_cache() / f"postgresql-{MAJOR}-{short_hash(identity)}"
    if not home.exists():
        with exclusive(home.with_suffix(".lock")):
            if not home.exists():
                _build(home, arch=arch, progress=progress)
    return _private(home)


def _private(home: Path) -> Installation:
    binaries = home / f"usr/lib/postgresql/{MAJOR}/bin"
    return Installation(
        bin=binaries,
        version=(home / "version").read_text(),
        environment={"PROJ_DATA": str(home / "usr/share/proj")},
    )


def _build(home: Path, *, arch: str, progress: Progress) -> None:
    for broken in home.parent.glob(f".{home.name}.*"):
        shutil.rmtree(broken, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f".{home.name}.", dir=home.parent) as folder:
        scratch = Path(folder)
        progress(f"downloading PostgreSQL {MAJOR} with its extensions (160 MB, once)")
        archives = PackageFetch(suite=SUITE, packages=PACKAGES, scratch=scratch).download()
        progress(f"unpacking {len(archives)} packages")
        unpack(_wanted(archives), scratch / "unpacked")
        progress("relocating it to its own folder")
        made = scratch / "made"
        Relocation(
            unpacked=scratch / "unpacked", target=made, home=home, version=MAJOR, architecture=arch
        ).run()
        _adopt(made, home)
        progress(f"PostgreSQL {_private(home).version} is ready")


def _wanted(archives: tuple[Path, ...]) -> Iterator[Path]:
    for archive in archives:
        if not archive.name.startswith(_NOT_UNPACKED):
            yield archive


def _adopt(made: Path, home: Path) -> None:
    """Rename the result to its final path and test it; its programs contain that path and run only there."""
    made.rename(home)
    try:
        (home / "version").write_text(_version_of(home / f"usr/lib/postgresql/{MAJOR}/bin"))
    except BaseException:
        shutil.rmtree(home)
        raise


def _version_of(binaries: Path) -> str:
    done = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
    return done.stdout.split()[2]


def _installed() -> Installation | None:
    """The newest installed server that has all five extensions."""
    usable = [found for binaries in _installed_folders() if (found := _inspect(binaries))]
    return max(usable, key=lambda found: float(found.version), default=None)


def _installed_folders() -> Iterator[Path]:
    named = os.environ.get("PG_CONFIG")
    if named:
        yield Path(_ask(Path(named), "--bindir"))
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    yield from Path("/usr/lib/postgresql").glob("*/bin")


def _inspect(binaries: Path) -> Installation | None:
    tools = ("postgres", "initdb", "pg_config", "pg_dump")
    if not all((binaries / tool).exists() for tool in tools):
        return None
    version = _version_of(binaries)
    share = Path(_ask(binaries / "pg_config", "--sharedir")) / "extension"
    complete = all((share / f"{name}.control").exists() for name in EXTENSIONS)
    if not complete or int(version.split(".")[0]) < OLDEST_USABLE:
        return None
    return Installation(bin=binaries, version=version, trusts_extensions=False)


def _ask(pg_config: Path, question: str) -> str:
    done = subprocess.run([pg_config, question], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _what_to_install(reason: str) -> str:
    return (
        f"no PostgreSQL for RDS: Debian's packages cannot be fetched ({reason}), and no installed server "
        f"from {OLDEST_USABLE} on has all of {', '.join(EXTENSIONS)}. Install one (or set PG_CONFIG): "
        f"apt-get install {' '.join(PACKAGES)}"
    )
