"""CloudFormation types that ministack lacks, or has but for a detail that templates depend on."""

from functools import partial

from rehearsal.cloud.extension import Cloud
from rehearsal.cloud.resources import (
    agentcore,
    alarms,
    edges,
    hollow,
    identity,
    machines,
    network,
    observation,
    secret_reference,
    secrets,
    security_group_rules,
    written_down,
)
from rehearsal.cloud.resources.backed import BackedResource
from rehearsal.cloud.resources.recorded import RecordedResource

BACKED = (*network.ROWS, *agentcore.ROWS, *identity.ROWS, *secrets.ROWS, *observation.ROWS)
RECORDED = (*written_down.ROWS, *machines.ROWS, *edges.ROWS)


def attach(cloud: Cloud) -> None:
    for row in BACKED:
        cloud.register_resource(row.type_name, BackedResource(cloud, row))
    for written in RECORDED:
        cloud.register_resource(written.type_name, RecordedResource(cloud, written))
    for type_name in (security_group_rules.INGRESS, security_group_rules.EGRESS):
        cloud.register_resource(type_name, security_group_rules.SecurityGroupRule(cloud))
    cloud.wrap_resource(secret_reference.TYPE_NAME, secret_reference.SecretByArn)
    cloud.wrap_resource(alarms.TYPE_NAME, lambda native: alarms.NotedAlarm(native, cloud.gaps))
    for type_name in hollow.REASONS:
        cloud.wrap_resource(type_name, partial(hollow.Hollow, cloud.gaps, type_name))
