"""What functions and agents run on: the host's programs, and a Python blind to the rehearsal's own packages.

Which Python, their packages decide. A build gets the interpreter that its project asks for, and what it
installs may hold compiled modules, which no other version can load. The version that the resource names
cannot decide: the host seldom has the newest.
"""

import os
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

from rehearsal.confinement import installation
from rehearsal.interpreters import MissingToolError, python_for

_OWN = Path(getattr(sys, "_base_executable", sys.executable))
_OWN_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
_COMPILED = re.compile(rf"\.cpython-3(\d+)-{re.escape(str(sysconfig.get_config_var('MULTIARCH')))}\.so$")


def isolated_python(code: Path) -> tuple[str, ...]:
    """Without site-packages, so that a dependency that was not vendored is missing here as it is on AWS."""
    versions = _built_for(code)
    return str(_OWN if _OWN_VERSION in versions else _of_version(versions) or _OWN), "-S"


def program_tools(command: Sequence[str]) -> tuple[Path, ...]:
    """What has to be readable for the program to start: its installation and its interpreter."""
    found = shutil.which(command[0])
    programs = [Path(found), *_interpreters(Path(found))] if found else []
    return tuple(dict.fromkeys(installation(path) for name in programs for path in (name, name.resolve())))


def _interpreters(script: Path) -> Iterator[Path]:
    """Those that its first line names, `env`'s word too."""
    with script.open("rb") as file:
        line = file.readline(256)
    for word in line[2:].decode(errors="replace").split() if line.startswith(b"#!") else ():
        if found := shutil.which(word):
            yield Path(found)


def step_bytecode(root: Path) -> Path:
    """Where functions and agents keep compiled modules: never where the daemon looks for its own."""
    folder = root / "bytecode"
    folder.mkdir(exist_ok=True)
    return folder


def _built_for(code: Path) -> frozenset[str]:
    """Versions of compiled modules that this processor could load; most code has none."""
    found = (_COMPILED.search(name) for _, _, names in os.walk(code) for name in names)
    return frozenset(f"3.{match[1]}" for match in found if match)


def _of_version(versions: frozenset[str]) -> Path | None:
    for version in versions:
        try:
            python = python_for(os.environ.get("PATH", ""), version)
        except MissingToolError:
            continue
        if python.version == version:
            return python.executable
    return None
