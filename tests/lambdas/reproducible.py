"""Builds one commit twice, in two folders of different names, and compares the programs byte by byte.

    python -m tests.lambdas.reproducible [--profile PROFILE] [--bin NAME]

An unchanged function must keep its bytes wherever a build runs, or it would be deployed again.
"""

import argparse
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.lambdas.conftest import REPOSITORY

PARTS = ("lambdas", "blocks/certificates", "rust-toolchain.toml", "pipeline/steps/rustc-without-paths.sh")


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    commit = _git("rev-parse", "HEAD").decode().strip()
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory(suffix="-with-a-longer-name") as other,
    ):
        first, second = (
            _build(commit, Path(folder), options.profile, options.bin) for folder in (one, other)
        )
    changed = sorted(name for name in first if first[name] != second[name])
    for name, digest in sorted(first.items()):
        print(f"{digest[:16]}  {name}{'  DIFFERS' if name in changed else ''}")  # noqa: T201 - the result
    return 1 if changed else 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.lambdas.reproducible",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--profile", default="release")
    parser.add_argument("--bin", action="append", default=[], help="only this program; repeatable")
    return parser.parse_args(arguments)


def _build(commit: str, folder: Path, profile: str, programs: list[str]) -> dict[str, str]:
    """The digest of each program, built from what the commit holds."""
    with tarfile.open(fileobj=io.BytesIO(_git("archive", commit, *PARTS))) as archive:
        archive.extractall(folder, filter="data")
    which = [argument for name in programs for argument in ("--bin", name)] or ["--bins"]
    cargo_home = os.environ.get("CARGO_HOME", str(Path.home() / ".cargo"))
    subprocess.run(
        ["cargo", "build", "--quiet", "--locked", "--workspace", "--profile", profile, *which],
        cwd=folder / "lambdas",
        env={
            **os.environ,
            "RUSTC_WRAPPER": str(folder / "pipeline/steps/rustc-without-paths.sh"),
            "SOURCE_ROOT": str(folder),
            "CARGO_FOLDER": cargo_home,
        },
        check=True,
    )
    built = folder / "lambdas" / "target" / profile
    names = programs or [path.stem for path in built.glob("*.d")]
    digests = {name: built / name for name in names if (built / name).is_file()}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in digests.items()}


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=REPOSITORY, check=True, capture_output=True).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
