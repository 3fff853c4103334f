"""CloudWatch Logs: saved queries and filters."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.described import Described
from rehearsal.emulator.resource_types.known import uuid_of
from rehearsal.emulator.resource_types.recorded import Recorded

ROWS = (
    Recorded(
        type_name="AWS::Logs::QueryDefinition",
        ref=uuid_of,
        attributes=lambda it: {"QueryDefinitionId": it.id},
        reason="a saved query has no effect",
    ),
    Described(
        "AWS::Logs::MetricFilter", "it reads no logs, so alarms on its metric count every value as missing"
    ),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
