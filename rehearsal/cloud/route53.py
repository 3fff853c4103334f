"""Route 53: records in the API only; names are not resolved."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.described import Described
from rehearsal.emulator.resource_types.known import also, uuid_of
from rehearsal.emulator.resource_types.recorded import row

_NO_NAMES = "names are not resolved"


ROWS = (
    row("AWS::Route53::RecordSetGroup", lambda it: f"rsg-{it.unique}", _NO_NAMES, also("Id")),
    row("AWS::Route53::HealthCheck", uuid_of, "nothing is checked", also("HealthCheckId")),
    Described("AWS::Route53::RecordSet", "the API lists it, but names are not resolved"),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
