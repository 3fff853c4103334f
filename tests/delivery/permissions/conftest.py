"""The shipped delivery, synthesised by its own app, and the embedded AWS."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from rehearsal.daemon import client
from rehearsal.home import Endpoint, Home
from tests.delivery.conftest import Clone
from tests.delivery.permissions.templates import ACCOUNT, REGION


@pytest.fixture(scope="session")
def clone(unbuilt_clone: Clone) -> Path:
    return unbuilt_clone.root


@pytest.fixture(scope="session")
def assembly(unbuilt_clone: Clone) -> Path:
    return unbuilt_clone.assembly


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
