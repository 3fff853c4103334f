"""The interpreters of functions and agents: the host's programs, a Python without the rehearsal's packages.

The code's packages decide which Python runs it. A build uses the interpreter that its project asks for and
may install compiled modules, which no other Python version can load. The resource's runtime version cannot
decide, because the host seldom has the newest version.
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
    """Python without site-packages, so that a dependency that is not vendored is missing, as on AWS."""
    versions = _built_for(code)
    return str(_OWN if _OWN_VERSION in versions else _of_version(versions) or _OWN), "-S"


def program_tools(command: Sequence[str]) -> tuple[Path, ...]:
    """The paths that a confined program must read to start: its installation and its interpreter."""
    found = shutil.which(command[0])
    programs = [Path(found), *_interpreters(Path(found))] if found else []
    return tuple(dict.fromkeys(installation(path) for name in programs for path in (name, name.resolve())))


def _interpreters(script: Path) -> Iterator[Path]:
    """The interpreters in its shebang line, including the argument of `env`."""
    with script.open("rb") as file:
        line = file.readline(256)
    for word in line[2:].decode(errors="replace").split() if line.startswith(b"#!") else ():
        if found := shutil.which(word):
            yield Path(found)


def step_bytecode(root: Path) -> Path:
    """Where functions and agents write byte code: never where the daemon reads its own."""
    folder = root / "bytecode"
    folder.mkdir(exist_ok=True)
    return folder


def _built_for(code: Path) -> frozenset[str]:
    """Python versions of compiled modules for this processor; most code has none."""
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
