"""The two programs meet in the template only, and within the delivery side nothing imports upwards."""

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DELIVERY = {"config", "blocks", "stacks", "stages", "pipeline", "app"}
MAY_IMPORT = {
    "rehearsal": {"rehearsal"},
    "agents": {"agents"},
    "config": {"config"},
    "blocks": {"blocks", "config"},
    "stacks": {"stacks", "blocks", "config"},
    "stages": {"stages", "stacks", "blocks", "config"},
    "pipeline": DELIVERY - {"app"},
}


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_a_folder_imports_only_what_lies_below_it(folder: str) -> None:
    ours = DELIVERY | {"rehearsal", "agents", "tests"}
    wrong = {
        f"{file.relative_to(ROOT)} imports {name}"
        for file in (ROOT / folder).rglob("*.py")
        for name in _imported(file)
        if name in ours and name not in MAY_IMPORT[folder]
    }
    assert wrong == set()


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_no_package_of_ours_hides_a_library(package: str) -> None:
    """The folder of app.py comes first on the path: a `constructs` of ours would replace the CDK's."""
    shadowed = packages_distributions().get(package, [])
    assert [name for name in shadowed if name != "slipway"] == []
    assert package not in sys.stdlib_module_names


def _imported(file: Path) -> Iterator[str]:
    """The top-level names that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
