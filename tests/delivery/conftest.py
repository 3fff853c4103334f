"""The shipped delivery, synthesised once in a run for all tests that only read templates."""

import fcntl
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from blocks.function_assets import REPOSITORY, StaleAssetError, asset_folder, build, discover
from config.delivery import Delivery
from config.load import load
from stacks.registry import APPLICATIONS
from stages.delivery_app import DeliveryApp
from stages.environment import EnvironmentStage
from tests.delivery.checkout import copy_to, synthesise
from tests.once import made_once


@pytest.fixture(scope="session")
def flags() -> dict[str, Any]:
    """What the CDK CLI would hand to the app."""
    context = json.loads((REPOSITORY / "cdk.json").read_text(encoding="utf-8"))["context"]
    assert isinstance(context, dict)
    return context


@pytest.fixture(scope="session")
def functions(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The folders that functions are deployed from, built where they are missing or stale."""
    with (tmp_path_factory.getbasetemp().parent / "functions.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for source in discover():
            try:
                asset_folder(source)
            except StaleAssetError:
                build(source)


@pytest.fixture(scope="session")
def delivery() -> Delivery:
    return load(APPLICATIONS)


@dataclass(frozen=True)
class Environments:
    """The assembly of the shipped environments, by environment and stack."""

    folder: Path

    def template(self, environment: str, stack: str) -> Mapping[str, Any]:
        name = environment.capitalize()
        (path,) = self.folder.glob(f"assembly-{name}/{name}{stack}*.template.json")
        content = json.loads(path.read_text(encoding="utf-8"))
        assert isinstance(content, dict)
        return content

    def templates(self) -> list[Path]:
        return sorted(self.folder.rglob("*.template.json"))

    def resources(self, environment: str, stack: str, kind: str) -> dict[str, dict[str, Any]]:
        """Whole resources, `DependsOn` and policies included."""
        found = self.template(environment, stack).get("Resources", {})
        return {key: value for key, value in found.items() if value["Type"] == kind}

    def properties(self, environment: str, stack: str, kind: str) -> dict[str, Any]:
        """Of the only resource of its kind."""
        (resource,) = self.resources(environment, stack, kind).values()
        properties = resource["Properties"]
        assert isinstance(properties, dict)
        return properties


def synthesise_environments(folder: Path, *, delivery: Delivery, context: dict[str, Any]) -> Environments:
    app = DeliveryApp(outdir=str(folder), context=context)
    for pipeline in delivery.pipelines:
        for environment in pipeline.environments:
            EnvironmentStage.for_pipeline(
                app, pipeline=pipeline, environment=environment, applications=APPLICATIONS
            )
    app.deliver()
    return Environments(folder)


@pytest.fixture(scope="session")
def environments(
    tmp_path_factory: pytest.TempPathFactory, delivery: Delivery, flags: dict[str, Any], functions: None
) -> Environments:
    def make(folder: Path) -> None:
        synthesise_environments(folder, delivery=delivery, context=flags)

    return Environments(made_once(tmp_path_factory, "environments", make))


@dataclass(frozen=True)
class Clone:
    """A fresh clone, and its assembly by its own app; both are only read."""

    root: Path

    @property
    def assembly(self) -> Path:
        return self.root / "cdk.out"


@pytest.fixture(scope="session")
def unbuilt_clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """With placeholders, pipelines and sandbox included, and with the findings of cdk-nag's packs.

    The synth compares with the kept policies: it fails here if they lack something.
    """

    def make(folder: Path) -> None:
        copy_to(folder, built=False)
        context = {"functions": "placeholder", "security": "findings"}
        done = synthesise(folder, Clone(folder).assembly, context=context)
        assert done.returncode == 0, done.stderr

    return Clone(made_once(tmp_path_factory, "unbuilt-clone", make))


@pytest.fixture(scope="session")
def clone(unbuilt_clone: Clone) -> Path:
    return unbuilt_clone.root


@pytest.fixture(scope="session")
def assembly(unbuilt_clone: Clone) -> Path:
    return unbuilt_clone.assembly


@pytest.fixture(scope="session")
def built_assembly(tmp_path_factory: pytest.TempPathFactory, functions: None) -> Path:
    """Of this repository with its functions, by its own app."""

    def make(folder: Path) -> None:
        done = synthesise(REPOSITORY, folder / "cdk.out")
        assert done.returncode == 0, done.stderr

    return made_once(tmp_path_factory, "built-assembly", make) / "cdk.out"
