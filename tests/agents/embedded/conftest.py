"""One embedded AWS for everything below this folder, and an environment that points at it."""

from collections.abc import Iterator

import boto3
import pytest

from rehearsal.daemon import client
from rehearsal.home import Endpoint, Home

ACCOUNT, REGION = "111122223333", "eu-west-1"


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    home = Home(tmp_path_factory.mktemp("cloud") / ".slipway")
    yield client.start(home, account=ACCOUNT, region=REGION)
    client.stop(home)


@pytest.fixture(scope="session")
def aws(endpoint: Endpoint) -> boto3.session.Session:
    return client.session(endpoint)


@pytest.fixture
def pointed_at_it(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """For code that makes its own clients."""
    key = client.root_key(endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key.secret)
    monkeypatch.setenv("AWS_DISABLE_HOST_PREFIX_INJECTION", "true")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
