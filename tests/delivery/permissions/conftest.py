"""The shipped delivery, synthesised once by its own app, and the embedded AWS."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from rehearsal.daemon import client
from rehearsal.home import Endpoint, Home
from tests.delivery.checkout import copy_to, synthesise
from tests.delivery.permissions.templates import ACCOUNT, REGION


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


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A running embedded AWS that enforces IAM, of these tests' own."""
    home = Home(tmp_path_factory.mktemp("permissions") / ".slipway")
    yield client.start(home, account=ACCOUNT, region=REGION)
    client.stop(home)


@pytest.fixture(scope="session")
def aws(cloud: Endpoint) -> boto3.session.Session:
    """The root of its account, as the person who bootstraps."""
    return client.session(cloud)
