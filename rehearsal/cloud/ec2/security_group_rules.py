"""Ingress and egress rules as separate resources, as rules between groups must be."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.emulator.extension import Cloud, ResourceHandler, ResourceRequest, ResourceResult
from rehearsal.emulator.resource_types.backed import is_gone

INGRESS = "AWS::EC2::SecurityGroupIngress"
EGRESS = "AWS::EC2::SecurityGroupEgress"


def attach(cloud: Cloud) -> None:
    for type_name in (INGRESS, EGRESS):
        cloud.register_resource(type_name, SecurityGroupRule(cloud))


class SecurityGroupRule(ResourceHandler):
    """A real rule of the group, so that the group's description shows it."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def create(self, request: ResourceRequest) -> ResourceResult:
        client, direction = self._client(request), _direction(request)
        answer = getattr(client, f"authorize_security_group_{direction}")(
            GroupId=request.properties["GroupId"], IpPermissions=[_permission(request.properties)]
        )
        rule = answer["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        return ResourceResult(physical_id=rule, attributes={"Id": rule})

    def update(self, request: ResourceRequest) -> ResourceResult:
        return self.create(request)

    def delete(self, request: ResourceRequest) -> None:
        revoke = getattr(self._client(request), f"revoke_security_group_{_direction(request)}")
        try:
            revoke(GroupId=request.properties["GroupId"], SecurityGroupRuleIds=[request.physical_id])
        except ClientError as error:
            if not is_gone(error):
                raise

    def _client(self, request: ResourceRequest) -> Any:
        return self._cloud.session(account=request.account, region=request.region).client("ec2")


def _direction(request: ResourceRequest) -> str:
    return "ingress" if request.type_name == INGRESS else "egress"


def _permission(properties: Mapping[str, Any]) -> dict[str, Any]:
    ports = {name: int(properties[name]) for name in ("FromPort", "ToPort") if name in properties}
    return {"IpProtocol": str(properties["IpProtocol"]), **ports, **_peer(properties)}


def _peer(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The other end: an address range, a prefix list or a group."""
    described = {"Description": properties["Description"]} if "Description" in properties else {}
    for name, (member, field) in _PEERS.items():
        if properties.get(name):
            return {member: [{field: properties[name], **described}]}
    raise ValueError(f"a security group rule needs one of {', '.join(_PEERS)}")


_PEERS = {
    "CidrIp": ("IpRanges", "CidrIp"),
    "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "SourcePrefixListId": ("PrefixListIds", "PrefixListId"),
    "DestinationPrefixListId": ("PrefixListIds", "PrefixListId"),
    "SourceSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "DestinationSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
}
