"""The embedded AWS, for what is kept of the shipped delivery."""

from collections.abc import Iterator

import boto3
import pytest

from rehearsal.daemon import client
from rehearsal.home import Endpoint, Home
from tests.delivery.permissions.templates import ACCOUNT, REGION


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
