"""Builds the archives that Lambda functions in Python are deployed from: `python -m blocks.function_assets`.

A function's folder is its source, its locked dependencies and its data, laid out flat. Beside it lies the
archive that is deployed: one file where the folder of an agent has five thousand, which every build after the
synthesis would unpack. Building is a step of its own, never part of synth: synth only looks whether both are
there and still made of what the repository holds.

Two targets: in the cloud a function runs on Lambda's own Python and on ARM; in a rehearsal it runs
on this machine's Python and processor. Where the builder runs decides (a rehearsal hands every
process a loopback endpoint), and each target has a folder of its own.

The same commit gives the same bytes anywhere: no bytecode, no record of the installation, modes and
times fixed. So an unchanged function keeps its hash and is not deployed again.
"""

import hashlib
import importlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from config.mistakes import DeliveryError

REPOSITORY = Path(__file__).parent.parent
COMMAND = ".venv/bin/python -m blocks.function_assets"
BUILD = "make build-lambdas"
LAMBDA_PYTHON = "3.14"
LAMBDA_PLATFORM = "aarch64-manylinux2014"

Target = Literal["cloud", "rehearsal"]

_MADE = (1980, 1, 1, 0, 0, 0)
"""The time of every file, which is the earliest that an archive can name."""
_INSTALLATION_NOISE = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")


@dataclass(frozen=True, kw_only=True)
class FunctionSource:
    """What one function's folder is made of; paths are relative to the repository."""

    name: str
    content: tuple[tuple[str, str], ...]
    """Files and folders, each with the place in the function's folder that it is copied to."""
    requirements: str | None = None
    """A lock file with hashes, whose packages go to the top."""

    def origin(self, place: str) -> Path:
        """What in the repository is copied to this place."""
        return next(REPOSITORY / origin for origin, copied in self.content if copied == place)


class NotBuiltError(DeliveryError):
    """A function was never built here; says which command does."""


class StaleAssetError(DeliveryError):
    """The folder is not there, or not of this commit; says which command makes it."""


class MissingAssetError(StaleAssetError, NotBuiltError):
    """The folder is not there."""


def target() -> Target:
    host = urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname
    return "rehearsal" if host in ("127.0.0.1", "localhost", "::1") else "cloud"


def asset_folder(source: FunctionSource, *, repository: Path = REPOSITORY) -> Path:
    """The built folder; refuses one that is missing or stale."""
    folder = _folder(source, repository)
    if not is_current(source, repository=repository):
        shown = folder.relative_to(repository)
        if not _stamp(folder).is_file():
            raise MissingAssetError(f"the function {source.name} is not built ({shown}); run: {BUILD}")
        raise StaleAssetError(f"the function {source.name} is out of date ({shown}); run: {COMMAND}")
    return folder


def asset_archive(source: FunctionSource, *, repository: Path = REPOSITORY) -> Path:
    """The built folder as a zip file; refuses one that is missing or stale."""
    return _archive(asset_folder(source, repository=repository))


def is_current(source: FunctionSource, *, repository: Path = REPOSITORY) -> bool:
    """Whether folder and archive are there and made of what the repository holds now."""
    stamp = _stamp(_folder(source, repository))
    return stamp.is_file() and stamp.read_text() == fingerprint(source, repository=repository)


def build(source: FunctionSource, *, repository: Path = REPOSITORY) -> Path:
    folder = _folder(source, repository)
    shutil.rmtree(folder, ignore_errors=True)
    _stamp(folder).unlink(missing_ok=True)
    folder.mkdir(parents=True)
    if source.requirements:
        _install(repository / source.requirements, folder)
    for origin, place in source.content:
        _copy(repository / origin, folder / place)
    _settle(folder)
    _pack(folder, _archive(folder))
    _stamp(folder).write_text(fingerprint(source, repository=repository))
    return folder


def fingerprint(source: FunctionSource, *, repository: Path = REPOSITORY) -> str:
    """Of everything that a folder is made of, and of how it is made."""
    digest = hashlib.sha256(f"archive {_platform()} {source.content}".encode())
    locks = [source.requirements] if source.requirements else []
    for origin in [*locks, *(origin for origin, _ in source.content)]:
        for file in _files(repository / origin):
            digest.update(f"{file.relative_to(repository)}\0{file.stat().st_size}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


def discover(repository: Path = REPOSITORY) -> Iterator[FunctionSource]:
    """Every application's functions: `FUNCTIONS` of `stacks/<application>/functions.py`."""
    for module in sorted((repository / "stacks").glob("*/functions.py")):
        yield from importlib.import_module(f"stacks.{module.parent.name}.functions").FUNCTIONS


def _folder(source: FunctionSource, repository: Path) -> Path:
    return repository / "build" / "functions" / target() / source.name


def _stamp(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.made-of")


def _archive(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.zip")


def _platform() -> str:
    if target() == "cloud":
        return f"{LAMBDA_PLATFORM} {LAMBDA_PYTHON}"
    return f"{sys.platform} {sys.version_info.major}.{sys.version_info.minor}"


def _install(requirements: Path, folder: Path) -> None:
    command = [_uv(), "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--no-build"]
    command += ["--link-mode", "copy", "--target", str(folder), "--requirements", str(requirements)]
    if target() == "cloud":
        command += ["--python-platform", LAMBDA_PLATFORM, "--python-version", LAMBDA_PYTHON]
    subprocess.run([*command, "--python", sys.executable], check=True)


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.is_file() else "uv"


def _copy(origin: Path, place: Path) -> None:
    for file in _files(origin):
        copy = place / file.relative_to(origin) if origin.is_dir() else place
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def _files(origin: Path) -> Sequence[Path]:
    if not origin.exists():
        raise FileNotFoundError(f"{origin} is named by a function and does not exist")
    found = origin.rglob("*") if origin.is_dir() else [origin]
    return sorted(file for file in found if file.is_file() and "__pycache__" not in file.parts)


def _settle(folder: Path) -> None:
    """Leave only what a function reads, and nothing that tells when or where it was made."""
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for name in [*_INSTALLATION_NOISE, "*.pyc"]:
        for file in folder.rglob(name):
            file.unlink()
    (folder / ".lock").unlink(missing_ok=True)
    for path in sorted(folder.rglob("*"), reverse=True):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        os.utime(path, (315532800, 315532800))


def _pack(folder: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(file.relative_to(folder)), date_time=_MADE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = file.stat().st_mode << 16
            packed.writestr(entry, file.read_bytes())


def main() -> None:
    for source in discover():
        if is_current(source):
            continue
        folder = build(source)
        archive = _archive(folder)
        size = archive.stat().st_size
        sys.stdout.write(f"{source.name}: {archive.relative_to(REPOSITORY)} ({size / 1e6:.1f} MB)\n")


if __name__ == "__main__":
    main()
