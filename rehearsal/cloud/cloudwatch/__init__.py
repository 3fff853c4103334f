"""CloudWatch: alarms with AWS's rules, metric math, and Lambda's metrics."""

from rehearsal.cloud.cloudwatch import (
    alarms,
    metric_math,
    noted_alarms,
    resource_types,
)
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types


def attach(cloud: Cloud) -> None:
    metric_math.apply(cloud)
    alarms.apply(cloud)
    add_types(cloud, resource_types.ROWS)
    noted_alarms.attach(cloud)
