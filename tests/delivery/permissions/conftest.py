"""The shipped delivery, synthesised once by its own app, and the embedded AWS."""

from pathlib import Path

import pytest

from tests.delivery.checkout import copy_to, synthesise


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("clone")
    copy_to(root, built=False)
    return root


@pytest.fixture(scope="session")
def assembly(clone: Path) -> Path:
    """The synth compares with the kept policies: it fails here if they lack something."""
    done = synthesise(clone, clone / "cdk.out", context={"functions": "placeholder"})
    assert done.returncode == 0, done.stderr
    return clone / "cdk.out"
