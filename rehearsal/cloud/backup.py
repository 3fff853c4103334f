"""AWS Backup: selections of resources for a plan."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.known import uuid_of
from rehearsal.emulator.resource_types.recorded import Recorded

ROWS = (
    Recorded(
        type_name="AWS::Backup::BackupSelection",
        ref=lambda it: f"{uuid_of(it)}_{it.properties['BackupPlanId']}",
        attributes=lambda it: {"Id": it.id, "SelectionId": uuid_of(it)},
        reason="no backups are made",
    ),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
