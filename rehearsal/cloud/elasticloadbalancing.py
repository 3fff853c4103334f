"""Load balancers: the classic one, and certificates of listeners."""

from collections.abc import Mapping
from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.known import Known, also
from rehearsal.emulator.resource_types.recorded import row

_NO_BALANCER = "no request is balanced"


def _classic_balancer(it: Known) -> Mapping[str, Any]:
    host = f"{it.id}-1234567890.{it.request.region}.elb.amazonaws.com"
    return {
        "DNSName": host,
        "CanonicalHostedZoneName": host,
        "CanonicalHostedZoneNameID": "Z0000000000000",
        "SourceSecurityGroup.GroupName": f"{it.id}-source",
        "SourceSecurityGroup.OwnerAlias": it.request.account,
    }


ROWS = (
    row(
        "AWS::ElasticLoadBalancing::LoadBalancer",
        lambda it: it.name("LoadBalancerName", limit=32),
        _NO_BALANCER,
        _classic_balancer,
    ),
    row(
        "AWS::ElasticLoadBalancingV2::ListenerCertificate",
        lambda it: f"{it.properties['ListenerArn']}|{it.unique}",
        "no listener speaks TLS",
        also("Id"),
    ),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
