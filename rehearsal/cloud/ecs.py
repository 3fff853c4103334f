"""ECS: capacity providers, and services whose tasks are only listed."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.described import Described
from rehearsal.emulator.resource_types.recorded import row

_NO_CAPACITY = "capacity is never added or removed"


ROWS = (
    row("AWS::ECS::CapacityProvider", lambda it: it.name("Name", limit=255), _NO_CAPACITY),
    row(
        "AWS::ECS::ClusterCapacityProviderAssociations",
        lambda it: str(it.properties["Cluster"]),
        _NO_CAPACITY,
    ),
    Described("AWS::ECS::Service", "its tasks are listed as running, but no container is started"),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
