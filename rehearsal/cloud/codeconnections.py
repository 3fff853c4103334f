"""Connections to hosted repositories, under both service names."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.known import uuid_of
from rehearsal.emulator.resource_types.recorded import Recorded


def _connection(service: str) -> Recorded:
    namespace = service.lower().replace("codestarc", "codestar-c")
    return Recorded(
        type_name=f"AWS::{service}::Connection",
        ref=lambda it: it.arn(namespace, f"connection/{uuid_of(it)}"),
        attributes=lambda it: {
            "ConnectionArn": it.id,
            "ConnectionStatus": "AVAILABLE",
            "OwnerAccountId": it.request.account,
        },
        reason="sources that name this connection are served from the local git remote",
    )


ROWS = (
    _connection("CodeConnections"),
    _connection("CodeStarConnections"),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
