import re
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from rehearsal.home import Home
from tests.rehearsal.postgres.rds import Stack


@pytest.fixture
def stack(aws: boto3.session.Session, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """Deleted after the test."""
    name = re.sub("[^a-z]+", "-", request.node.name.removeprefix("test_"))
    made = Stack(aws, name.strip("-")[:60])
    yield made
    made.delete()


@pytest.fixture
def authority(cloud_home: Home) -> Path:
    return cloud_home.databases / "rds-ca.pem"
