"""A real embedded AWS for every test below this folder, started once and only where one asks for it."""

import shutil
from collections.abc import Iterator

import boto3
import pytest
from hypothesis import HealthCheck, settings

from rehearsal.daemon import client
from rehearsal.home import Endpoint, Home

ACCOUNT = "111122223333"
REGION = "eu-west-1"

# What only a busy machine would make fail is no failure.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def cloud_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("cloud") / ".slipway")


@pytest.fixture(scope="session")
def cloud(cloud_home: Home) -> Iterator[Endpoint]:
    """A running embedded AWS that enforces IAM, with a home of its own."""
    yield client.start(cloud_home, account=ACCOUNT, region=REGION)
    client.stop(cloud_home)
    shutil.rmtree(cloud_home.builds, ignore_errors=True)


@pytest.fixture(scope="session")
def aws(cloud: Endpoint) -> boto3.session.Session:
    """The root of the embedded AWS's account; every client of it goes to the embedded AWS."""
    return client.session(cloud)
