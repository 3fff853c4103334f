"""The host's tools that a build can use: system folders and language toolchains, no virtual environment.

CodeBuild's images contain compilers and runtimes; the rehearsal uses the host's. Each build gets its own
installation and npm prefix, so that `pip install` and `npm install -g` work without changing the host.
Commands that would need to change the host fail with a message that says so.

The Python is a complete installation: a copy of the host's interpreter beside links to its standard library.
A virtual environment would not do: `pip install --user` refuses to run in one, and
`uv pip install --system` ignores it and installs into the host. For the same reason the PATH has no other
folder that contains a Python, except the system's.
"""

import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rehearsal.home import short_hash, tool_cache
from rehearsal.interpreters import SYSTEM_FOLDERS, Python, person_home

_TOOLS = (
    "cargo", "rustc", "rustup", "node", "npm", "go", "java", "javac", "mvn", "gradle",
    "dotnet", "ruby", "php", "gcc", "git",
)  # fmt: skip
_NOT_LINKED = ("site-packages", "dist-packages", "EXTERNALLY-MANAGED", "__pycache__")


def search_path(person_path: str) -> tuple[str, ...]:
    """Folders of the person's PATH that a build may use, then the system folders that are missing in it."""
    kept = [folder for folder in person_path.split(os.pathsep) if folder and _is_tool_folder(Path(folder))]
    return tuple(dict.fromkeys([*kept, *(folder for folder in SYSTEM_FOLDERS if Path(folder).is_dir())]))


def rustup_home() -> Path | None:
    """The person's installed Rust toolchains; the folder contains no credentials."""
    folder = Path(os.environ.get("RUSTUP_HOME") or person_home() / ".rustup")
    return folder if folder.is_dir() else None


def runtime_gaps(wanted: Mapping[str, str], python: Python) -> Iterator[str]:
    """Differences between `runtime-versions` and the runtimes of this machine."""
    for runtime, version in wanted.items():
        if runtime == "python" and (version in ("latest", "3.x") or python.version == version):
            continue
        lent = f"Python {python.version}" if runtime == "python" else "what is on its PATH"
        yield f"runtime {runtime} {version}: the build uses {lent}"


def make_python(python: Python, folder: Path) -> None:
    """Create a Python installation with a few hundred file operations."""
    library = folder / "lib" / python.name
    for made in (
        folder / "bin",
        library / "site-packages",
        folder / python.packages,
        folder / python.scripts,
    ):
        made.mkdir(parents=True, exist_ok=True)
    shutil.copy2(python.executable, folder / "bin" / python.name)
    for name in ("python", "python3"):
        (folder / "bin" / name).symlink_to(python.name)
    for entry in python.library.iterdir():
        if entry.name not in _NOT_LINKED:
            (library / entry.name).symlink_to(entry)
    if installer := packages_of_pip(python):
        (folder / python.packages / "_slipway_pip.pth").write_text(f"{installer}\n")
        for name in ("pip", "pip3", f"pip{python.version}"):
            _write_pip(folder / "bin" / name, interpreter=folder / "bin" / "python")


def make_stand_ins(folder: Path) -> None:
    """Create replacements for commands that a build cannot use; their folder is first on the PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    for stand_in in (Path(__file__).parent / "stand_ins").iterdir():
        if stand_in.name == "packages":
            continue
        shutil.copy(stand_in, folder / stand_in.name)
        (folder / stand_in.name).chmod(0o755)
    for name in ("apt-get", "apt", "yum", "dnf", "apk"):
        shutil.copy(Path(__file__).parent / "stand_ins" / "packages", folder / name)
        (folder / name).chmod(0o755)


def make_fallbacks(folder: Path) -> None:
    """Link Slipway's AWS CLI where the host has none, because every CodeBuild image has one."""
    folder.mkdir(parents=True, exist_ok=True)
    own = Path(sys.prefix) / "bin" / "aws"
    if own.exists():
        (folder / "aws").symlink_to(own)


def fingerprint(folders: Sequence[str], python: Python) -> str:
    """A hash that changes with any program on the build's PATH and any installed Rust toolchain."""
    entries = sorted(entry for folder in folders for entry in _programs(folder))
    return hashlib.sha256(json.dumps([entries, _rust(), str(python.executable)]).encode()).hexdigest()


def _is_tool_folder(folder: Path) -> bool:
    if str(folder) in SYSTEM_FOLDERS:
        return True
    if (folder / "python3").exists() or folder.parts[-2:] == ("node_modules", ".bin"):
        return False
    return any((folder / tool).exists() for tool in _TOOLS)


@functools.cache
def packages_of_pip(python: Python) -> Path | None:
    """A read-only folder of packages with pip, created once for each interpreter."""
    folder = tool_cache() / "python" / short_hash(str(python.executable))
    packages = folder / "lib" / python.name / "site-packages"
    if packages.exists():
        return packages
    made = folder.with_name(f"{folder.name}.{uuid.uuid4().hex}")  # two builds may create it at once
    command = [str(python.executable), "-m", "venv", str(made)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        shutil.rmtree(made, ignore_errors=True)
        return None
    try:
        made.rename(folder)
    except OSError:
        shutil.rmtree(made)
    return packages


def _write_pip(path: Path, *, interpreter: Path) -> None:
    path.write_text(
        f"#!{interpreter}\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n"
    )
    path.chmod(0o755)


def _programs(folder: str) -> Iterator[tuple[str, int, int]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                status = entry.stat()
                yield entry.path, status.st_size, status.st_mtime_ns
    except OSError:
        return


def _rust() -> Mapping[str, str]:
    home = rustup_home()
    if home is None:
        return {}
    settings = home / "settings.toml"
    chains = sorted(path.name for path in (home / "toolchains").glob("*"))
    return {"settings": settings.read_text() if settings.exists() else "", "chains": ",".join(chains)}
