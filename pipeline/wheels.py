"""Every locked Python package has a wheel for the machine that it is installed on in AWS.

    python -m pipeline.wheels [--write]

Without a wheel a package is built from source, and whatever its build then does, fetching a program from
elsewhere included, happens in a build that deploys. The locks hold hashes and no file names, so `make lock`
writes down beside them which wheel fits: pipeline/steps/wheels.sha256, in the format of sha256sum. The
check needs no network: each package of a lock has a wheel there that fits and whose hash the lock has.
"""

import argparse
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from config.mistakes import DeliveryError
from pipeline.build_steps import PYTHON

ROOT = Path(__file__).parents[1]
RECORD = "pipeline/steps/wheels.sha256"


class WheelError(DeliveryError):
    """One line for each package that a machine in AWS would have to build."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """An ARM machine of AWS, by its Python and the newest glibc that a wheel may ask for."""

    name: str
    python: tuple[int, int]
    glibc: int

    @property
    def tags(self) -> frozenset[Tag]:
        platforms = [f"manylinux_2_{minor}_aarch64" for minor in range(self.glibc, 16, -1)]
        platforms += ["manylinux2014_aarch64", "linux_aarch64"]
        interpreter = f"cp{self.python[0]}{self.python[1]}"
        return frozenset(
            [
                *cpython_tags(python_version=self.python, platforms=platforms),
                *compatible_tags(python_version=self.python, interpreter=interpreter, platforms=platforms),
            ]
        )

    @property
    def markers(self) -> dict[str, str]:
        version = f"{self.python[0]}.{self.python[1]}"
        return {
            "platform_machine": "aarch64",
            "sys_platform": "linux",
            "platform_system": "Linux",
            "os_name": "posix",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "python_version": version,
            "python_full_version": f"{version}.0",
        }


_MAJOR, _MINOR = (int(part) for part in PYTHON.split("."))
BUILD_IMAGE = Machine(name="the build image (Amazon Linux 2023, ARM)", python=(_MAJOR, _MINOR), glibc=34)
LAMBDA = Machine(name="Lambda and AgentCore (ARM)", python=(3, 14), glibc=17)
LOCKS: Mapping[str, Machine] = {
    "requirements.lock": BUILD_IMAGE,
    "pipeline/steps/requirements.lock": BUILD_IMAGE,
    "pipeline/security/requirements.lock": BUILD_IMAGE,
    "agents/second_brain/requirements.lock": LAMBDA,
    "blocks/schema_migration/requirements.lock": LAMBDA,
}


@dataclass(frozen=True, kw_only=True)
class Locked:
    requirement: Requirement
    hashes: frozenset[str]

    @property
    def pin(self) -> tuple[str, str]:
        (exact,) = self.requirement.specifier
        return canonicalize_name(self.requirement.name), exact.version


@dataclass(frozen=True, kw_only=True)
class Wheel:
    file: str
    sha256: str

    def fits(self, locked: Locked, machine: Machine) -> bool:
        try:
            name, version, _, tags = parse_wheel_filename(self.file)
        except InvalidWheelFilename:
            return False
        is_it = (name, str(version)) == locked.pin and self.sha256 in locked.hashes
        return is_it and not tags.isdisjoint(machine.tags)


def locked(text: str) -> Iterator[Locked]:
    for entry in text.replace("\\\n", " ").splitlines():
        requirement, *hashes = entry.split("--hash=sha256:")
        if requirement.strip() and not requirement.startswith("#"):
            yield Locked(
                requirement=Requirement(requirement),
                hashes=frozenset(digest.strip() for digest in hashes),
            )


def recorded(text: str) -> list[Wheel]:
    return [Wheel(sha256=line.split()[0], file=line.split()[1]) for line in text.splitlines() if line]


def missing(lock: str, text: str, machine: Machine, wheels: Iterable[Wheel]) -> Iterator[str]:
    known = tuple(wheels)
    for package in _needed(text, machine):
        if not any(wheel.fits(package, machine) for wheel in known):
            name, version = package.pin
            yield (
                f"{lock}: {name}=={version} has no wheel for {machine.name}; pin another version, "
                "replace the package, or leave it out there by a marker, then run: make lock"
            )


def check(root: Path = ROOT) -> None:
    wheels = recorded((root / RECORD).read_text(encoding="utf-8"))
    lines = [
        line
        for lock, machine in LOCKS.items()
        for line in missing(lock, (root / lock).read_text(encoding="utf-8"), machine, wheels)
    ]
    if lines:
        raise WheelError("\n".join(lines))


def _needed(text: str, machine: Machine) -> Iterator[Locked]:
    for package in locked(text):
        marker = package.requirement.marker
        if marker is None or marker.evaluate(machine.markers):
            yield package


def _write(root: Path) -> None:
    found: dict[str, str] = {}
    for lock, machine in LOCKS.items():
        offered = list(_offered(root / lock))
        for package in _needed((root / lock).read_text(encoding="utf-8"), machine):
            fitting = sorted(wheel.file for wheel in offered if wheel.fits(package, machine))
            digests = {wheel.file: wheel.sha256 for wheel in offered}
            found.update({file: digests[file] for file in fitting[:1]})
    lines = [f"{digest}  {file}\n" for file, digest in sorted(found.items())]
    (root / RECORD).write_text("".join(lines), encoding="utf-8")


def _offered(lock: Path) -> Iterator[Wheel]:
    """Every wheel of the packages of a lock, as uv finds them in the registry."""
    with tempfile.TemporaryDirectory() as folder:
        named = Path(folder, "pylock.toml")
        uv = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--no-deps"]
        wanted = ["--python-version", "3.11", "--generate-hashes", "--format", "pylock.toml"]
        subprocess.run([*uv, *wanted, str(lock), "-o", str(named)], check=True)
        packages: list[dict[str, Any]] = tomllib.loads(named.read_text(encoding="utf-8"))["packages"]
    for package in packages:
        for wheel in package.get("wheels", ()):
            yield Wheel(file=PurePosixPath(wheel["url"]).name, sha256=wheel["hashes"]["sha256"])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m pipeline.wheels", description=__doc__)
    parser.add_argument("--write", action="store_true", help="ask the registry and write the record first")
    if parser.parse_args(arguments).write:
        _write(ROOT)
    check()


if __name__ == "__main__":
    try:
        main()
    except DeliveryError as error:
        sys.exit(str(error))
