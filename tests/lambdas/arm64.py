"""Builds a function for the processor it runs on in AWS, on a machine with another one.

The pipeline builds on an ARM image and needs none of this. Here, Debian's packages give a compiler, the
standard library for both processors, ARM's C library and an emulator, unpacked into a folder of their
own; zig, which comes with cargo-lambda, links. The compiler is Debian's and so not quite the pinned one.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rehearsal.home import short_hash, tool_cache
from tests.lambdas.conftest import WORKSPACE

COMPILER = ("rustc-web", "libstd-rust-web-dev", "libstd-rust-web-dev:arm64", "qemu-user-static")
OF_A_VERSION = ("libstd-rust-web-", "libllvm")
"""Those that the compiler depends on and that carry a version in their name; the rest is on every host."""
GUEST = ("libc6:arm64", "libgcc-s1:arm64")
SETTINGS = """Dir::State "{folder}/state";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
APT::Architectures {{ "amd64"; "arm64"; }};
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
"""


class NotAtHandError(Exception):
    """This machine cannot build for ARM; the text says why."""


@dataclass(frozen=True)
class Arm64:
    """What `_unpack` left in a folder that stays."""

    root: Path

    def build(self, function: str) -> Path:
        """The bootstrap, as the pipeline builds it but for the compiler."""
        target = WORKSPACE / "target" / "debian"
        tools = Path(sys.executable).parent  # cargo-lambda, and the Python that has zig
        manifest = str(WORKSPACE / "Cargo.toml")
        flags = ["--release", "--arm64", "--locked", "--bin", function, "--manifest-path", manifest]
        subprocess.run(
            [str(tools / "cargo-lambda"), "lambda", "build", *flags],
            env={
                **os.environ,
                "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
                "RUSTC": str(self.root / "rustc"),
                "CARGO_TARGET_DIR": str(target),
            },
            check=True,
        )
        return target / "lambda" / function / "bootstrap"

    def command(self, program: Path) -> list[str | Path]:
        return [self.root / "qemu", "-L", self.root / "guest", program]


def ensure() -> Arm64:
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise NotAtHandError(
            f"made for Linux on x86_64, and this is {platform.system()} {platform.machine()}"
        )
    if missing := [tool for tool in ("apt-get", "dpkg-deb") if shutil.which(tool) is None]:
        raise NotAtHandError(f"no {', '.join(missing)} on this machine")
    home = tool_cache() / f"arm64-{short_hash(repr((COMPILER, GUEST)))}"
    if not home.exists():
        with _beside(home) as folder:
            _unpack(folder, home=home)
    return Arm64(home)


@contextmanager
def _beside(home: Path) -> Iterator[Path]:
    """A folder that takes its place when it is complete, so that half a download is never used."""
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix="arm64-") as made:
        folder = Path(made, "new")
        folder.mkdir()
        yield folder
        folder.rename(home)


def _unpack(folder: Path, *, home: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        for packages, into in ((COMPILER, folder / "host"), (GUEST, folder / "guest")):
            for archive in _download(packages, Path(scratch, into.name)):
                subprocess.run(["dpkg-deb", "--extract", archive, into], check=True)
    (folder / "host/usr/bin/qemu-aarch64-static").rename(folder / "qemu")
    for emulator in (folder / "host/usr/bin").glob("qemu-*"):
        emulator.unlink()
    # The compiler finds its own libraries by its place, but not those of LLVM.
    libraries = home / "host/usr/lib/x86_64-linux-gnu"
    compiler = f'#!/bin/sh\nLD_LIBRARY_PATH={libraries} exec {home}/host/usr/bin/rustc "$@"\n'
    (folder / "rustc").write_text(compiler)
    (folder / "rustc").chmod(0o755)


def _download(packages: tuple[str, ...], folder: Path) -> list[Path]:
    """By apt, with lists of its own, so that the machine's package system never hears of it."""
    for needed in ("state/lists/partial", "cache/archives/partial"):
        (folder / needed).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "apt.conf").write_text(SETTINGS.format(folder=folder))
    _apt(folder, "apt-get", "update")
    depends = _apt(folder, "apt-cache", "depends", "--recurse", "--important", packages[0]).split()
    versioned = {name for name in depends if name.startswith(OF_A_VERSION) and ":" not in name}
    _apt(folder, "apt-get", "download", *packages, *(versioned - set(packages)))
    return sorted(folder.glob("*.deb"))


def _apt(folder: Path, *command: str) -> str:
    environment = {**os.environ, "APT_CONFIG": str(folder / "apt.conf")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotAtHandError(f"{' '.join(command[:2])} failed: {' '.join(done.stderr.split()[-30:])}")
    return done.stdout
