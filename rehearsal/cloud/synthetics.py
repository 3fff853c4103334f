"""CloudWatch Synthetics: canaries; none runs."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.known import uuid_of
from rehearsal.emulator.resource_types.recorded import row

_NO_CANARY = "it never runs, so its metrics stay empty and its alarms do not go off"


ROWS = (
    row(
        "AWS::Synthetics::Canary",
        lambda it: str(it.properties["Name"]),
        _NO_CANARY,
        lambda it: {"Id": uuid_of(it), "State": "READY"},
    ),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
