"""The sample pipeline as a template file and as an assembly."""

import json
from pathlib import Path

import pytest

from tests.rehearsal.planning.sample import template


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "demo.template.json"
    path.write_text(json.dumps(template()))
    return path


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    folder = tmp_path / "cdk.out"
    folder.mkdir()
    (folder / "demo.template.json").write_text(json.dumps(template()))
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://123456789012/eu-west-1",
        "displayName": "delivery",
        "properties": {"templateFile": "demo.template.json"},
    }
    (folder / "manifest.json").write_text(json.dumps({"version": "55.0.0", "artifacts": {"demo": stack}}))
    return folder
