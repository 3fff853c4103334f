"""Which Python a function or an agent runs on: the one that its compiled packages can be loaded by."""

import json
import sys
import sysconfig
from pathlib import Path

import pytest

from rehearsal.emulator.interpreter import isolated_python

OWN = f"{sys.version_info.major}{sys.version_info.minor}"
HERE = sysconfig.get_config_var("MULTIARCH")


@pytest.fixture
def another_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An interpreter 3.99, as far as anybody asks it."""
    executable = tmp_path / "pyenv" / "versions" / "3.99.1" / "bin" / "python3.99"
    executable.parent.mkdir(parents=True)
    facts = {
        "executable": str(executable),
        "version": [3, 99],
        "library": "/nowhere",
        "packages": "site-packages",
        "scripts": "bin",
        "virtual": False,
    }
    executable.write_text(f"#!/bin/sh\necho '{json.dumps(facts)}'\n")
    executable.chmod(0o755)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return executable


def runs_on(code: Path, *modules: str) -> Path:
    (code / "package").mkdir(parents=True)
    for module in modules:
        (code / "package" / module).touch()
    program, *flags = isolated_python(code)
    assert flags == ["-S"]
    return Path(program)


def test_code_without_compiled_modules_runs_on_the_rehearsals_own(
    tmp_path: Path, another_python: Path
) -> None:
    assert runs_on(tmp_path / "code", "pure.py") == Path(sys._base_executable)  # type: ignore[attr-defined]


def test_compiled_modules_decide(tmp_path: Path, another_python: Path) -> None:
    assert runs_on(tmp_path / "code", f"fast.cpython-399-{HERE}.so") == another_python


def test_one_that_the_rehearsals_own_can_load_needs_no_other(tmp_path: Path, another_python: Path) -> None:
    both = (f"fast.cpython-399-{HERE}.so", f"fast.cpython-{OWN}-{HERE}.so")
    assert runs_on(tmp_path / "code", *both) == Path(sys._base_executable)  # type: ignore[attr-defined]


@pytest.mark.parametrize("module", [f"fast.cpython-398-{HERE}.so", "fast.cpython-399-sparc64-linux-gnu.so"])
def test_what_nothing_here_can_load_does_not_decide(
    tmp_path: Path, another_python: Path, module: str
) -> None:
    assert runs_on(tmp_path / "code", module) == Path(sys._base_executable)  # type: ignore[attr-defined]
