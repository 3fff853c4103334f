"""The folders that no step may read, and the tools in them that steps need."""

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from rehearsal.home import tool_cache
from rehearsal.interpreters import person_home

_HOMES = (Path("/home"), Path("/root"), Path("/mnt"), Path("/media"))
_SYSTEM = tuple(map(Path, ("/usr", "/bin", "/sbin", "/lib", "/etc", "/dev", "/proc", "/sys")))
_NEVER = tuple(map(Path, ("/", "/var", "/opt", "/nix", "/tmp", "/run")))  # noqa: S108 - nothing is put there
_MORE_THAN_PROGRAMS = (".cargo", ".local", "go", "bin")
"""Folders in a home whose `bin` holds programs and whose other folders hold anything, credentials too."""

NAMED_FILES = (
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO", "PIP_CERT", "CARGO_HTTP_CAINFO", "PGSSLROOTCERT",
    "PIP_FIND_LINKS", "UV_FIND_LINKS", "PLAYWRIGHT_BROWSERS_PATH", "JAVA_HOME", "DOTNET_ROOT",
)  # fmt: skip
"""Variables that name a tool, a certificate or a folder of packages, none a secret."""

_HOME_AT_START = Path(os.environ.get("HOME") or "/")
# Read at import, as the daemon gives itself another HOME later.


def hidden_folders(*own: Path) -> tuple[Path, ...]:
    """Every home folder, what the rehearsal keeps for all projects, and those named; as far as they exist."""
    found = (Path(os.path.realpath(path)) for path in (*_homes(), tool_cache(), *own) if path.is_dir())
    return tuple(dict.fromkeys(path for path in found if path not in _NEVER))


def tool_folders(search_path: Iterable[str]) -> tuple[Path, ...]:
    """What has to be there for the programs on a search path to run: each tool's whole installation."""
    folders = [Path(folder) for folder in search_path]
    return tuple(dict.fromkeys(place for folder in folders for place in _of_folder(folder)))


def installation(program: Path) -> Path:
    """The folder that holds a program's `bin` and `lib`, or its `bin` where that folder is not the tool's."""
    folder = program.parent
    above = folder.parent
    if folder.name not in ("bin", "shims") or above in _shared_places():
        return folder
    return above


def named_files(variables: Mapping[str, str]) -> Iterator[Path]:
    """Files that the person's variables name. A step's own variables do not count: it could name any file."""
    for name in NAMED_FILES:
        for word in variables.get(name, "").split():
            if word.startswith("/") and Path(word).exists() and not _covers_a_home(Path(word)):
                yield Path(word)


def own_installation() -> tuple[Path, ...]:
    """The virtual environment that Slipway runs in, and its interpreter."""
    base = installation(Path(getattr(sys, "_base_executable", sys.executable)).resolve())
    return tuple(path for path in (Path(sys.prefix), base) if not _covers_a_home(path))


def _homes() -> Iterator[Path]:
    yield from _HOMES
    with contextlib.suppress(KeyError):  # a user that the password file does not know, as in containers
        yield from _unless_of_the_system(person_home())
    yield from _unless_of_the_system(_HOME_AT_START)


def _unless_of_the_system(home: Path) -> Iterator[Path]:
    if not any(home.is_relative_to(system) for system in _SYSTEM):
        yield home


def _of_folder(folder: Path) -> Iterator[Path]:
    """The folder, its tool, and the tools to which its links lead; for system folders, links into a home."""
    if not any(folder.is_relative_to(system) for system in _SYSTEM):
        yield folder
        yield installation(folder / "program")
    for program in _linked(folder):
        yield installation(program)


def _linked(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            links = [entry.path for entry in entries if entry.is_symlink()]
    except OSError:
        return
    homes = tuple(_homes())
    for link in links:
        target = Path(os.path.realpath(link))
        if any(target.is_relative_to(home) for home in homes if home not in _NEVER):
            yield target


def _shared_places() -> set[Path]:
    homes = [home for home in _homes() if home not in _NEVER]
    return {*_NEVER, *homes, *(home / name for home in homes for name in _MORE_THAN_PROGRAMS)}


def _covers_a_home(path: Path) -> bool:
    return any(home.is_relative_to(path) for home in _homes())
