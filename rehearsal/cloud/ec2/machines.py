"""Recorded EC2 types for instances and volumes: nothing is started or attached."""

from collections.abc import Mapping
from typing import Any

from rehearsal.emulator.resource_types.known import Known, also, ec2_id
from rehearsal.emulator.resource_types.recorded import row

_NO_MACHINE = "no machine is started, so nothing runs on it and nothing answers at its addresses"
_NO_DISK = "there is no machine that could use it"


def _instance(it: Known) -> Mapping[str, Any]:
    private, public = f"10.0.0.{_number(it)}", f"203.0.113.{_number(it)}"
    return {
        "InstanceId": it.id,
        "PrivateIp": private,
        "PrivateDnsName": f"ip-{private.replace('.', '-')}.{it.request.region}.compute.internal",
        "PublicIp": public,
        "PublicDnsName": f"ec2-{public.replace('.', '-')}.{it.request.region}.compute.amazonaws.com",
        "AvailabilityZone": it.properties.get("AvailabilityZone", f"{it.request.region}a"),
        "VpcId": "vpc-00000000000000000",
    }


def _interface(it: Known) -> Mapping[str, Any]:
    given = it.properties.get("PrivateIpAddress")
    address = given or f"10.0.0.{_number(it)}"
    return {"Id": it.id, "PrimaryPrivateIpAddress": address, "VpcId": "vpc-00000000000000000"}


def _number(it: Known) -> int:
    """A host number in a /24 network."""
    return 10 + sum(it.unique.encode()) % 240


ROWS = (
    row("AWS::EC2::Instance", ec2_id("i"), _NO_MACHINE, _instance),
    row(
        "AWS::EC2::KeyPair",
        lambda it: str(it.properties["KeyName"]),
        "no key is made; there is no machine to log in to",
        lambda it: {"KeyPairId": ec2_id("key")(it), "KeyFingerprint": ":".join(["00"] * 20)},
    ),
    row("AWS::EC2::NetworkInterface", ec2_id("eni"), _NO_MACHINE, _interface),
    row("AWS::EC2::NetworkInterfaceAttachment", ec2_id("eni-attach"), _NO_MACHINE, also("AttachmentId")),
    row("AWS::EC2::Volume", ec2_id("vol"), _NO_DISK, also("VolumeId")),
    row(
        "AWS::EC2::VolumeAttachment",
        lambda it: f"{it.properties['VolumeId']}|{it.properties['InstanceId']}",
        _NO_DISK,
    ),
    row(
        "AWS::EC2::PlacementGroup",
        lambda it: it.name("GroupName", limit=255),
        "no machine is placed",
        lambda it: {"GroupName": it.id, "GroupId": ec2_id("pg")(it)},
    ),
)
