"""The host's tools as a build sees them: system folders and language tool chains, no virtual environment.

CodeBuild's images bring compilers and runtimes; here the host's stand in. Each build gets a Python
environment and an npm prefix of its own, so that `pip install` and `npm install -g` work without a
trace on the host. What cannot be had without changing the host answers with an honest error.
"""

import functools
import hashlib
import json
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsal.home import short_hash, tool_cache

_SYSTEM = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_TOOLS = (
    "cargo", "rustc", "rustup", "node", "npm", "python3", "pyenv", "go", "java", "javac", "mvn", "gradle",
    "dotnet", "ruby", "php", "gcc", "git",
)  # fmt: skip
_PYTHON_FACTS = """
import json, sys
print(json.dumps([getattr(sys, "_base_executable", sys.executable), *sys.version_info[:2]]))
"""


class MissingToolError(Exception):
    """Names the tool and the command that installs it."""


@dataclass(frozen=True, kw_only=True)
class Python:
    """An interpreter of the host, outside any virtual environment, and a folder that holds its pip."""

    executable: Path
    version: tuple[int, int]

    @property
    def name(self) -> str:
        return f"python{self.version[0]}.{self.version[1]}"

    @property
    def packages(self) -> str:
        return f"lib/{self.name}/site-packages"


def search_path(person_path: str) -> tuple[str, ...]:
    """Folders of the person's PATH that a build may see, then whatever system folder it left out."""
    kept = [folder for folder in person_path.split(os.pathsep) if folder and _is_tool_folder(Path(folder))]
    return tuple(dict.fromkeys([*kept, *(folder for folder in _SYSTEM if Path(folder).is_dir())]))


def person_home() -> Path:
    return Path(pwd.getpwuid(os.getuid()).pw_dir)


def rustup_home() -> Path | None:
    """The person's installed Rust tool chains; the folder holds no credentials."""
    folder = Path(os.environ.get("RUSTUP_HOME") or person_home() / ".rustup")
    return folder if folder.is_dir() else None


def python_for(folders: Sequence[str], wanted: str = "") -> Python:
    """The interpreter of that version (`3.12`) if the host has it, else its ordinary `python3`."""
    search = os.pathsep.join([*folders, *_pyenv_folders(wanted)])
    names = [f"python{wanted}", "python3"] if wanted else ["python3"]
    for name in names:
        if (found := shutil.which(name, path=search)) and (python := _examine(found)):
            return python
    raise MissingToolError("python3 is not on the PATH; install it (`apt-get install python3 python3-venv`)")


def make_python(python: Python, folder: Path) -> None:
    """A virtual environment in a few file operations; `python -m venv` would take two seconds."""
    packages = folder / python.packages
    packages.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "pyvenv.cfg").write_text(
        f"home = {python.executable.parent}\ninclude-system-site-packages = false\n"
        f"version = {python.version[0]}.{python.version[1]}\n"
    )
    for name in ("python", "python3", python.name):
        (folder / "bin" / name).symlink_to(python.executable)
    if installer := _installer(python):
        (packages / "_slipway_pip.pth").write_text(f"{installer / python.packages}\n")
        for name in ("pip", "pip3", f"pip{python.version[0]}.{python.version[1]}"):
            _write_pip(folder / "bin" / name, interpreter=folder / "bin" / "python")


def make_stand_ins(folder: Path) -> None:
    """Commands that the host cannot lend; first on the PATH."""
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
    """The AWS CLI, which every CodeBuild image has, where the host brings none but Slipway does."""
    folder.mkdir(parents=True, exist_ok=True)
    own = Path(sys.prefix) / "bin" / "aws"
    if own.exists():
        (folder / "aws").symlink_to(own)


def fingerprint(folders: Sequence[str], python: Python) -> str:
    """Changes when any program on the build's PATH or any installed Rust tool chain does."""
    entries = sorted(entry for folder in folders for entry in _programs(folder))
    return hashlib.sha256(json.dumps([entries, _rust(), str(python.executable)]).encode()).hexdigest()


def _is_tool_folder(folder: Path) -> bool:
    if str(folder) in _SYSTEM:
        return True
    if (folder.parent / "pyvenv.cfg").exists() or folder.parts[-2:] == ("node_modules", ".bin"):
        return False
    return any((folder / tool).exists() for tool in _TOOLS)


def _pyenv_folders(wanted: str) -> list[str]:
    if not wanted:
        return []
    root = Path(os.environ.get("PYENV_ROOT") or person_home() / ".pyenv")
    return [str(folder / "bin") for folder in sorted(root.glob(f"versions/{wanted}*"), reverse=True)]


@functools.cache
def _examine(executable: str) -> Python | None:
    """Asks the interpreter itself, from a folder without a `.python-version`."""
    result = subprocess.run(
        [executable, "-I", "-c", _PYTHON_FACTS], cwd="/", capture_output=True, text=True, check=False
    )
    if result.returncode:
        return None
    base, major, minor = json.loads(result.stdout)
    return Python(executable=Path(base), version=(major, minor))


@functools.cache
def _installer(python: Python) -> Path | None:
    """A virtual environment that holds pip, made once for each interpreter of this person."""
    folder = tool_cache() / "python" / short_hash(str(python.executable))
    if (folder / "ready").exists():
        return folder
    made = folder.with_name(f"{folder.name}.{os.getpid()}")
    command = [str(python.executable), "-m", "venv", str(made)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return None
    (made / "ready").touch()
    try:
        made.rename(folder)
    except OSError:
        shutil.rmtree(made)
    return folder


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
