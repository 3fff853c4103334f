"""Follows `docs/adding-an-application.md` in a copy of the repository, word for word."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from blocks.function_assets import REPOSITORY
from tests.delivery.checkout import copy_to, synthesise

DOCUMENT = REPOSITORY / "docs" / "adding-an-application.md"


def _blocks() -> dict[str, str]:
    """Every code block that opens with the path of its file."""
    text = DOCUMENT.read_text(encoding="utf-8")
    return dict(re.findall(r"```\w+\n# (\S+)\n(.*?)```", text, flags=re.DOTALL))


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory, functions: None) -> Path:
    """The copy's assembly, after every step of the walk-through."""
    root = tmp_path_factory.mktemp("copy")
    copy_to(root, built=True)
    for path, content in _blocks().items():
        _write(root / path, content)
    (root / "stacks/notes/__init__.py").touch()
    refused = synthesise(root, root / "cdk.out")
    assert refused.returncode != 0
    assert "dev: execution policy: Tables: dynamodb:CreateTable" in refused.stderr
    _allow(root)
    done = synthesise(root, root / "cdk.out")
    assert done.returncode == 0, done.stderr
    return root / "cdk.out"


def _allow(root: Path) -> None:
    """`make execution-policy`, with the synth of these tests."""
    done = synthesise(root, root / "permissions.out", context={"permissions": "unchecked"})
    assert done.returncode == 0, done.stderr
    command = [sys.executable, "-m", "pipeline.permissions", "permissions.out"]
    said = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert "make bootstrap" in said.stdout


def _write(place: Path, content: str) -> None:
    """A whole file, but for the two files that get a line."""
    if place.name == "registry.py":
        line, application = content.strip().split("\n\n")
        registry = re.sub(r"(?m)^APPLICATIONS.*$", application, place.read_text(encoding="utf-8"))
        content = registry.replace("from stacks.second_brain", f"{line}\nfrom stacks.second_brain")
    if place.name == "delivery.toml":
        content = re.sub(r"(?m)^applications = .*$", content.strip(), place.read_text(encoding="utf-8"))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(content, encoding="utf-8")


def _stacks(assembly: Path) -> set[str]:
    artifacts = json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))["artifacts"].values()
    stacks = (item for item in artifacts if item["type"] == "aws:cloudformation:stack")
    return {stack["displayName"].split()[0] for stack in stacks}


def test_the_application_goes_where_the_walk_through_says(assembly: Path) -> None:
    assert "pipeline/Dev/NotesStore" in _stacks(assembly / "assembly-pipeline-Dev")
    assert "pipeline/Staging/NotesStore" not in _stacks(assembly / "assembly-pipeline-Staging")
    assert "pipeline/Prod/NotesStore" in _stacks(assembly / "assembly-pipeline-Prod")


def test_its_alarm_counts_for_the_environments_health(assembly: Path) -> None:
    (health,) = (assembly / "assembly-pipeline-Dev").glob("*EnvironmentHealth*.template.json")
    assert "slipway-dev-notes-throttled" in health.read_text(encoding="utf-8")


def test_its_smoke_tests_get_its_output(assembly: Path) -> None:
    template = (assembly / "pipeline.template.json").read_text(encoding="utf-8")
    assert "Smoke-notes" in template
    assert "TABLE_NAME" in template


def test_its_code_is_clean(assembly: Path) -> None:
    """What people copy from a page is how they go on."""
    checked = subprocess.run(
        [
            str(Path(sys.executable).with_name("ruff")),
            "check",
            "--config",
            str(REPOSITORY / "pyproject.toml"),
            "stacks",
            "tests",
        ],
        cwd=assembly.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
