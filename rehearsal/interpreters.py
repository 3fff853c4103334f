"""The Python interpreters of this host, outside any virtual environment."""

import functools
import json
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SYSTEM_FOLDERS = (
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/opt/homebrew/bin",
)  # fmt: skip
_PYTHON_FACTS = """
import json, os, sys, sysconfig
base = getattr(sys, "_base_executable", sys.executable)
print(json.dumps({
    "executable": os.path.realpath(base),
    "version": sys.version_info[:2],
    "library": sysconfig.get_path("stdlib"),
    "packages": os.path.relpath(sysconfig.get_path("purelib"), sys.prefix),
    "scripts": os.path.relpath(sysconfig.get_path("scripts"), sys.prefix),
    "virtual": sys.prefix != sys.base_prefix,
}))
"""


class MissingToolError(Exception):
    """Names the tool and the command that installs it."""


@dataclass(frozen=True, kw_only=True)
class Python:
    """An interpreter; `packages` and `scripts` are relative."""

    executable: Path
    version: str
    library: Path
    packages: str
    scripts: str

    @property
    def name(self) -> str:
        return f"python{self.version}"


def person_home() -> Path:
    return Path(pwd.getpwuid(os.getuid()).pw_dir)


def python_for(person_path: str, wanted: str = "") -> Python:
    """The interpreter of that version (`3.12`) if the host has it, else its ordinary `python3`."""
    folders = [*_pyenv_folders(wanted), *person_path.split(os.pathsep), *SYSTEM_FOLDERS]
    for name in [f"python{wanted}", "python3"] if wanted else ["python3"]:
        for folder in folders:
            found = shutil.which(name, path=folder) if folder else None
            if found and (python := _examine(found)):
                return python
    raise MissingToolError("python3 is not on the PATH; install it (`apt-get install python3 python3-venv`)")


def _pyenv_folders(wanted: str) -> list[str]:
    if not wanted:
        return []
    root = Path(os.environ.get("PYENV_ROOT") or person_home() / ".pyenv")
    return [str(folder / "bin") for folder in sorted(root.glob(f"versions/{wanted}*"), reverse=True)]


@functools.cache
def _examine(executable: str) -> Python | None:
    """Asks the interpreter itself, from a folder without a `.python-version`; None for a virtual one."""
    result = subprocess.run(
        [executable, "-I", "-c", _PYTHON_FACTS], cwd="/", capture_output=True, text=True, check=False
    )
    if result.returncode or (facts := json.loads(result.stdout)).pop("virtual"):
        return None
    return Python(
        executable=Path(facts["executable"]),
        version=".".join(map(str, facts["version"])),
        library=Path(facts["library"]),
        packages=facts["packages"],
        scripts=facts["scripts"],
    )
