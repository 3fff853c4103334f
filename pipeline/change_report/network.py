"""What a template opens to a network: security groups, routes, links between networks."""

import ipaddress
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.change_report import noise
from pipeline.change_report.noise import Resource
from pipeline.change_report.report import Broadening, Kind
from pipeline.change_report.values import Json, is_true, reference, text

INTERNET = ("0.0.0.0/0", "::/0")
_PEERS = (
    "CidrIp",
    "CidrIpv6",
    "SourceSecurityGroupId",
    "DestinationSecurityGroupId",
    "SourcePrefixListId",
    "DestinationPrefixListId",
)


@dataclass(frozen=True, order=True)
class Opening:
    direction: str
    protocol: str
    first: int
    last: int
    peer: str

    def covers(self, other: "Opening") -> bool:
        return (
            self.direction == other.direction
            and self.protocol in ("-1", other.protocol)
            and self.first <= other.first
            and other.last <= self.last
            and _peer_covers(self.peer, other.peer)
        )

    @property
    def sentence(self) -> str:
        way = "accepts traffic from" if self.direction == "in" else "may connect to"
        return f"{way} {self.peer} on {self._ports}"

    @property
    def _ports(self) -> str:
        if self.protocol == "-1":
            return "every port and protocol"
        if (self.first, self.last) == (0, 65535):
            return f"every {self.protocol} port"
        ports = str(self.first) if self.first == self.last else f"{self.first} to {self.last}"
        return f"{self.protocol} {ports}"


ALL_OUT = Opening("out", "-1", 0, 65535, "0.0.0.0/0")


def broadened(old: Mapping[str, Resource], new: Mapping[str, Resource]) -> tuple[Broadening, ...]:
    return (*_groups(old, new), *_links(old, new), *_routes(old, new), *_access_lists(old, new))


def _groups(old: Mapping[str, Resource], new: Mapping[str, Resource]) -> Iterator[Broadening]:
    had, has = _openings(old), _openings(new)
    for group in sorted(has):
        known = had.get(group, set())
        for opening in sorted(has[group] - known):
            if not any(wider.covers(opening) for wider in known):
                severe = opening.direction == "in" and opening.peer in INTERNET
                yield _opened(group, new, opening.sentence, severe=severe)


def _openings(resources: Mapping[str, Resource]) -> dict[str, set[Opening]]:
    """By group. A group that says nothing of its egress may connect to everything."""
    found: defaultdict[str, set[Opening]] = defaultdict(set)
    for logical_id, resource in resources.items():
        if resource.get("Type") == "AWS::EC2::SecurityGroup":
            found[logical_id] |= set()
        for group, opening in _rules(logical_id, resource):
            found[group].add(opening)
    for openings in found.values():
        if not any(opening.direction == "out" for opening in openings):
            openings.add(ALL_OUT)
    return found


def _rules(logical_id: str, resource: Resource) -> Iterator[tuple[str, Opening]]:
    properties: Mapping[str, Json] = resource.get("Properties", {})
    match resource.get("Type"):
        case "AWS::EC2::SecurityGroup":
            for rule in properties.get("SecurityGroupIngress", []):
                yield logical_id, _opening("in", rule)
            for rule in properties.get("SecurityGroupEgress", []):
                yield logical_id, _opening("out", rule)
        case "AWS::EC2::SecurityGroupIngress":
            yield reference(properties.get("GroupId")), _opening("in", properties)
        case "AWS::EC2::SecurityGroupEgress":
            yield reference(properties.get("GroupId")), _opening("out", properties)


def _opening(direction: str, rule: Mapping[str, Json]) -> Opening:
    protocol = text(rule.get("IpProtocol", "-1"))
    everything = protocol == "-1"
    first = 0 if everything else _port(rule.get("FromPort"), 0)
    last = 65535 if everything else _port(rule.get("ToPort"), 65535)
    peer = next((reference(rule[key]) for key in _PEERS if key in rule), "an unnamed peer")
    return Opening(direction, protocol, first, last, peer)


def _port(value: Json, default: int) -> int:
    try:
        return default if int(value) < 0 else int(value)
    except (TypeError, ValueError):
        return default


def _peer_covers(wider: str, narrower: str) -> bool:
    if wider == narrower:
        return True
    try:
        outer, inner = ipaddress.ip_network(wider, strict=False), ipaddress.ip_network(narrower, strict=False)
    except ValueError:
        return False
    if isinstance(outer, ipaddress.IPv4Network) and isinstance(inner, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(outer, ipaddress.IPv6Network) and isinstance(inner, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False


_LINKS: Mapping[str, str] = {
    "AWS::EC2::ClientVpnEndpoint": "lets VPN clients in",
    "AWS::EC2::TransitGatewayAttachment": "joins the network to a transit gateway",
    "AWS::EC2::TransitGatewayVpcAttachment": "joins the network to a transit gateway",
    "AWS::EC2::VPCEndpointService": "offers a service to other networks",
    "AWS::EC2::VPCGatewayAttachment": "joins the network to the internet or another site",
    "AWS::EC2::VPCPeeringConnection": "peers the network with another one",
    "AWS::EC2::VPNConnection": "joins the network to another site",
    "AWS::Lambda::Url": "gives a function an address of its own",
}


def _links(old: Mapping[str, Resource], new: Mapping[str, Resource]) -> Iterator[Broadening]:
    for logical_id, resource in new.items():
        resource_type = str(resource.get("Type"))
        if logical_id in old:
            continue
        if resource_type in _LINKS:
            yield _opened(logical_id, new, _LINKS[resource_type])
        elif (
            resource_type == "AWS::EC2::VPCGatewayAttachment"
            and "InternetGatewayId" in resource["Properties"]
        ):
            yield _opened(logical_id, new, "joins the network to the internet")


def _routes(old: Mapping[str, Resource], new: Mapping[str, Resource]) -> Iterator[Broadening]:
    known = {_route(resource) for resource in old.values() if resource.get("Type") == "AWS::EC2::Route"}
    for logical_id, resource in new.items():
        if resource.get("Type") == "AWS::EC2::Route" and _route(resource) not in known:
            table, destination, target = _route(resource)
            yield _opened(logical_id, new, f"routes {destination} from {table} through {target}")


def _route(resource: Resource) -> tuple[str, str, str]:
    properties: Mapping[str, Json] = resource.get("Properties", {})
    destinations = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
    destination = next((text(properties[key]) for key in destinations if key in properties), "?")
    targets = sorted(key for key in properties if key not in destinations and key != "RouteTableId")
    return (
        reference(properties.get("RouteTableId")),
        destination,
        ", ".join(reference(properties[key]) for key in targets),
    )


def _access_lists(old: Mapping[str, Resource], new: Mapping[str, Resource]) -> Iterator[Broadening]:
    for logical_id, resource in new.items():
        properties = resource.get("Properties", {})
        if resource.get("Type") != "AWS::EC2::NetworkAclEntry" or properties.get("RuleAction") != "allow":
            continue
        if properties != old.get(logical_id, {}).get("Properties"):
            way = "out to" if is_true(properties.get("Egress")) else "in from"
            yield _opened(logical_id, new, f"lets traffic {way} {text(properties.get('CidrBlock', '?'))}")


def _opened(
    logical_id: str, resources: Mapping[str, Resource], sentence: str, *, severe: bool = False
) -> Broadening:
    return Broadening(
        kind=Kind.NETWORK,
        logical_id=logical_id,
        subject=noise.name_of(logical_id, resources.get(logical_id)),
        sentence=sentence,
        severe=severe,
    )
