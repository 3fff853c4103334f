"""EC2: networks that the API shows and machines that never start."""

from rehearsal.cloud.ec2 import (
    gateways,
    machines,
    networks,
    security_group_rules,
)
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types


def attach(cloud: Cloud) -> None:
    add_types(cloud, (*networks.ROWS, *gateways.ROWS, *machines.ROWS))
    security_group_rules.attach(cloud)
