"""Systems Manager: documents and their associations with machines."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.known import also, uuid_of
from rehearsal.emulator.resource_types.recorded import row

ROWS = (
    row("AWS::SSM::Association", uuid_of, "it is applied to no instance", also("AssociationId")),
    row("AWS::SSM::Document", lambda it: it.name("Name", limit=128), "no document is ever run"),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
