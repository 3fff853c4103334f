"""EC2 networking for templates with a VPC. The API shows the resources; packets are not routed."""

from collections.abc import Mapping
from typing import Any

from rehearsal.emulator.resource_types.backed import Backed
from rehearsal.emulator.resource_types.known import Known, nothing


def _address(client: Any, it: Known) -> Mapping[str, Any]:
    found = client.describe_addresses()["Addresses"]
    return next((address for address in found if address["PublicIp"] == it.id), {})


def _release_address(client: Any, it: Known) -> None:
    if address := _address(client, it):
        client.release_address(AllocationId=address["AllocationId"])


def _acl_entry_key(it: Known) -> Mapping[str, Any]:
    egress = str(it.properties.get("Egress", False)).lower() == "true"
    return {
        "NetworkAclId": it.properties["NetworkAclId"],
        "RuleNumber": int(it.properties["RuleNumber"]),
        "Egress": egress,
    }


def _acl_entry_arguments(it: Known) -> Mapping[str, Any]:
    icmp = it.properties.get("Icmp")
    return {**_acl_entry_key(it), **({"IcmpTypeCode": icmp} if icmp else {})}


def _acl_association(client: Any, subnet: str) -> str:
    for acl in client.describe_network_acls()["NetworkAcls"]:
        for association in acl.get("Associations", ()):
            if association["SubnetId"] == subnet:
                return str(association["NetworkAclAssociationId"])
    return f"aclassoc-{subnet.removeprefix('subnet-')}"


def _dhcp_configurations(it: Known) -> Mapping[str, Any]:
    names = {
        "DomainName": "domain-name",
        "DomainNameServers": "domain-name-servers",
        "NtpServers": "ntp-servers",
        "NetbiosNameServers": "netbios-name-servers",
        "NetbiosNodeType": "netbios-node-type",
    }
    given = {api: it.properties[name] for name, api in names.items() if name in it.properties}
    return {
        "DhcpConfigurations": [
            {"Key": key, "Values": value if isinstance(value, list) else [str(value)]}
            for key, value in given.items()
        ]
    }


ROWS = (
    Backed(
        type_name="AWS::EC2::EIP",
        service="ec2",
        create="allocate_address",
        arguments=lambda it: {"Domain": it.properties.get("Domain", "vpc")},
        ref=lambda it: it.answer["PublicIp"],
        key=lambda it: {"PublicIps": [it.id]},
        read=_address,
        attributes=lambda it: {"AllocationId": it.answer["AllocationId"], "PublicIp": it.id},
        delete=_release_address,
        tagged_as="elastic-ip",
    ),
    Backed(
        type_name="AWS::EC2::EIPAssociation",
        service="ec2",
        create="associate_address",
        ref=lambda it: it.answer["AssociationId"],
        key=lambda it: {"AssociationId": it.id},
        delete="disassociate_address",
        attributes=lambda it: {"Id": it.id},
    ),
    Backed(
        type_name="AWS::EC2::NatGateway",
        service="ec2",
        create="create_nat_gateway",
        ref=lambda it: it.answer["NatGateway"]["NatGatewayId"],
        key=lambda it: {"NatGatewayId": it.id},
        delete="delete_nat_gateway",
        attributes=lambda it: {"NatGatewayId": it.id, "EniId": f"eni-{it.id.removeprefix('nat-')}"},
        tagged_as="natgateway",
    ),
    Backed(
        type_name="AWS::EC2::FlowLog",
        service="ec2",
        create="create_flow_logs",
        arguments=lambda it: {"ResourceIds": [it.properties["ResourceId"]]},
        ref=lambda it: it.answer["FlowLogIds"][0],
        key=lambda it: {"FlowLogIds": [it.id]},
        delete="delete_flow_logs",
        attributes=lambda it: {"Id": it.id},
        tagged_as="vpc-flow-log",
        limits="no traffic passes through a rehearsed VPC, so the flow log stays empty",
    ),
    Backed(
        type_name="AWS::EC2::NetworkAcl",
        service="ec2",
        create="create_network_acl",
        ref=lambda it: it.answer["NetworkAcl"]["NetworkAclId"],
        key=lambda it: {"NetworkAclId": it.id},
        delete="delete_network_acl",
        attributes=lambda it: {"Id": it.id},
        tagged_as="network-acl",
    ),
    Backed(
        type_name="AWS::EC2::NetworkAclEntry",
        service="ec2",
        create="create_network_acl_entry",
        arguments=_acl_entry_arguments,
        ref=lambda it: f"{it.request.stack_name}-{it.request.logical_id}-{it.unique}",
        key=_acl_entry_key,
        update="replace_network_acl_entry",
        immutable=frozenset({"NetworkAclId", "RuleNumber", "Egress"}),
        delete="delete_network_acl_entry",
        attributes=lambda it: {"Id": it.id},
    ),
    Backed(
        type_name="AWS::EC2::SubnetNetworkAclAssociation",
        service="ec2",
        create="describe_network_acls",
        ref=lambda it: f"aclassoc-{it.unique}",
        key=nothing,
        after_create=lambda client, it: client.replace_network_acl_association(
            AssociationId=_acl_association(client, it.properties["SubnetId"]),
            NetworkAclId=it.properties["NetworkAclId"],
        ),
        delete=lambda _client, _it: None,
        attributes=lambda it: {"AssociationId": it.id},
    ),
    Backed(
        type_name="AWS::EC2::DHCPOptions",
        service="ec2",
        create="create_dhcp_options",
        arguments=_dhcp_configurations,
        ref=lambda it: it.answer["DhcpOptions"]["DhcpOptionsId"],
        key=lambda it: {"DhcpOptionsId": it.id},
        delete="delete_dhcp_options",
        attributes=lambda it: {"DhcpOptionsId": it.id},
        tagged_as="dhcp-options",
    ),
    Backed(
        type_name="AWS::EC2::VPCDHCPOptionsAssociation",
        service="ec2",
        create="associate_dhcp_options",
        ref=lambda it: f"{it.properties['DhcpOptionsId']}|{it.properties['VpcId']}",
        key=lambda it: {"DhcpOptionsId": "default", "VpcId": it.properties["VpcId"]},
        delete="associate_dhcp_options",
    ),
)
