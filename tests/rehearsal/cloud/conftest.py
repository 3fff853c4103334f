from collections.abc import Iterator

import boto3
import pytest

from tests.rehearsal.cloud.every_type import OUTPUTS, RESOURCES
from tests.rehearsal.cloud.machines_and_edges import MACHINES_AND_EDGES, OUTPUTS_HERE
from tests.rehearsal.cloud.stacks import Stacks


@pytest.fixture(scope="session")
def stacks(aws: boto3.session.Session) -> Stacks:
    return Stacks(session=aws)


@pytest.fixture(scope="session")
def every_type(stacks: Stacks) -> Iterator[dict[str, str]]:
    """A deployed stack with every added type; ids and attributes by the outputs' names."""
    yield stacks.deploy("types", RESOURCES, **OUTPUTS)
    stacks.delete("types")


@pytest.fixture(scope="session")
def machines_and_edges(stacks: Stacks) -> Iterator[dict[str, str]]:
    """The same for the types that stand for machines and networks."""
    yield stacks.deploy("machines", MACHINES_AND_EDGES, **OUTPUTS_HERE)
    stacks.delete("machines")
