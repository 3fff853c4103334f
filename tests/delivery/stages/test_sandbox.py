"""A developer's own copy never meets an environment, another developer's copy, or a build."""

import json
from pathlib import Path
from typing import Any

import pytest

from config.delivery import Delivery
from stacks.registry import APPLICATIONS
from stages.delivery_app import DeliveryApp
from stages.sandbox import SandboxError, add_sandbox, developer_name


@pytest.fixture(autouse=True)
def at_a_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODEBUILD_BUILD_ID", raising=False)
    monkeypatch.setenv("USER", "Ada.Lovelace")


def _app(folder: Path, flags: dict[str, Any], **context: str) -> DeliveryApp:
    return DeliveryApp(outdir=str(folder / "assembly"), context={**flags, **context})


def test_it_is_named_after_its_developer(
    tmp_path: Path, flags: dict[str, Any], delivery: Delivery, functions: None
) -> None:
    app = _app(tmp_path, flags)
    stage = add_sandbox(app, delivery=delivery, applications=APPLICATIONS)
    assert stage is not None
    assert stage.health_alarm_name == "slipway-sandbox-ada-lovelace-health"
    folder = app.deliver()
    manifest = json.loads((folder / "assembly-sandbox" / "manifest.json").read_text(encoding="utf-8"))
    names = {
        artifact["properties"]["stackName"]
        for artifact in manifest["artifacts"].values()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    assert names
    assert all(name.startswith("Sandbox-ada-lovelace-") for name in names)
    (database,) = folder.rglob("*SecondBrainDatabase*.template.json")
    assert '"DeletionPolicy": "Snapshot"' not in database.read_text(encoding="utf-8")


def test_the_developer_can_be_said(tmp_path: Path, flags: dict[str, Any]) -> None:
    assert developer_name(_app(tmp_path, flags, developer="Grace Hopper")) == "grace-hopper"


def test_a_build_has_none(
    tmp_path: Path, flags: dict[str, Any], delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEBUILD_BUILD_ID", "acme:1")
    assert add_sandbox(_app(tmp_path, flags), delivery=delivery, applications=APPLICATIONS) is None


def test_an_unknown_application_is_named(tmp_path: Path, flags: dict[str, Any], delivery: Delivery) -> None:
    app = _app(tmp_path, flags, applications="second_brian")
    with pytest.raises(
        SandboxError, match="second_brian: there is no such application; known are second_brain"
    ):
        add_sandbox(app, delivery=delivery, applications=APPLICATIONS)
