"""Bedrock AgentCore: runtimes as processes of this machine, and memories."""

from rehearsal.cloud.agentcore import (
    invocation,
    resource_types,
)
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types


def attach(cloud: Cloud) -> None:
    add_types(cloud, resource_types.ROWS)
    invocation.attach(cloud)
