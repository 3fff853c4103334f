"""EC2: networks in the API only, and instances that are not started."""

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
