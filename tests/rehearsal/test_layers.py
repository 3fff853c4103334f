"""The folders of `rehearsal/` form layers, and no two of them import each other, at any depth."""

import ast
import pkgutil
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import rehearsal.cloud
from rehearsal.cloud.services import SERVICES

ROOT = Path(__file__).resolve().parents[2]
LAYERS = (
    ("home", "locks", "expressions", "interpreters", "fingerprint"),
    ("archive", "cdk", "confinement"),
    ("processes",),
    ("model",),
    ("emulator",),
    ("daemon", "postgres"),
    ("record",),
    ("engine", "sources"),
    ("cloud", "builds"),
    ("providers",),
    ("api",),
    ("planning",),
    ("conductor",),
    ("cli",),
)
"""From the bottom. The daemon names what it attaches as text: ministack's settings come before its import."""


def test_every_part_of_the_rehearsal_has_a_layer() -> None:
    found = {
        path.stem for path in (ROOT / "rehearsal").iterdir() if path.stem not in ("__init__", "__pycache__")
    }
    assert found == {name for layer in LAYERS for name in layer}


@pytest.mark.parametrize("part", [name for layer in LAYERS for name in layer])
def test_a_part_imports_only_lower_layers(part: str) -> None:
    height = next(index for index, layer in enumerate(LAYERS) if part in layer)
    allowed = {part, *(name for layer in LAYERS[:height] for name in layer)}
    wrong = {
        f"{importer} imports {imported}"
        for importer, imported in _imports()
        if importer.split(".")[1] == part and imported.split(".")[1] not in allowed
    }
    assert wrong == set()


def test_no_folder_imports_one_that_imports_it() -> None:
    graph: dict[str, set[str]] = {}
    for importer, imported in _imports():
        here, there = _folder(importer), _folder(imported)
        if (
            here != there
            and not f"{here}.".startswith(f"{there}.")
            and not f"{there}.".startswith(f"{here}.")
        ):
            graph.setdefault(here, set()).add(there)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"these folders import each other: {' → '.join(error.args[1])}")


def test_every_service_is_attached() -> None:
    modules = {found.name for found in pkgutil.iter_modules(rehearsal.cloud.__path__)} - {"services"}
    assert modules == {service.__name__.rpartition(".")[2] for service in SERVICES}


@cache
def _modules() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for file in sorted((ROOT / "rehearsal").rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


@cache
def _imports() -> tuple[tuple[str, str], ...]:
    """Which module imports which, wherever in it; the package itself imports nothing."""
    return tuple(
        (module, imported)
        for module, file in _modules().items()
        for imported in _imported(file)
        if "." in imported
    )


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in _modules())
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "rehearsal":
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in _modules() else str(node.module) for name in names)


def _folder(module: str) -> str:
    return module if _modules()[module].name == "__init__.py" else module.rpartition(".")[0]


def _contains(outer: str, inner: str) -> bool:
    return f"{inner}.".startswith(f"{outer}.")
