"""Lambda: functions as processes of this machine, with the permission checks of AWS."""

from rehearsal.cloud.awslambda import (
    code,
    event_sources,
    logs,
    permissions,
    processes,
    runtime_api,
)
from rehearsal.emulator.extension import Cloud


def attach(cloud: Cloud) -> None:
    processes.apply(cloud)
    runtime_api.apply(cloud)
    code.apply(cloud)
    permissions.apply(cloud)
    event_sources.apply(cloud)
    logs.apply(cloud)
