"""Recorded EC2 types at the edge of a network: gateways, peerings, VPN. Traffic is not emulated."""

from rehearsal.emulator.resource_types.known import Values, also, ec2_id
from rehearsal.emulator.resource_types.recorded import Recorded, row

_NO_TRAFFIC = "no traffic passes between networks here"


def _network(kind: str, prefix: str, attributes: Values | None = None) -> Recorded:
    return row(f"AWS::EC2::{kind}", ec2_id(prefix), _NO_TRAFFIC, attributes or also("Id"))


ROWS = (
    _network("VPCPeeringConnection", "pcx"),
    _network("TransitGatewayAttachment", "tgw-attach"),
    _network("EgressOnlyInternetGateway", "eigw"),
    _network("VPNGateway", "vgw", also("VPNGatewayId")),
    _network("CustomerGateway", "cgw", also("CustomerGatewayId")),
    _network("VPNConnection", "vpn", also("VpnConnectionId")),
    _network(
        "TransitGateway",
        "tgw",
        lambda it: {"Id": it.id, "TransitGatewayArn": it.arn("ec2", f"transit-gateway/{it.id}")},
    ),
    _network(
        "PrefixList",
        "pl",
        lambda it: {
            "PrefixListId": it.id,
            "Arn": it.arn("ec2", f"prefix-list/{it.id}"),
            "OwnerId": it.request.account,
            "Version": 1,
        },
    ),
    _network("VPCCidrBlock", "vpc-cidr-assoc", lambda it: {"Id": it.id, "IpSource": "amazon"}),
)
