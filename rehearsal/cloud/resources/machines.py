"""Recorded types that stand for machines: nothing boots, nothing is attached, nothing is scheduled."""

from collections.abc import Mapping
from typing import Any

from rehearsal.cloud.resources.known import Known, also, ec2_id, uuid_of
from rehearsal.cloud.resources.recorded import Recorded, row

_NO_MACHINE = "no machine is started, so nothing runs on it and nothing answers at its addresses"
_NO_DISK = "there is no machine that could use it"
_NO_BATCH = "no job is ever run"
_NO_BEANSTALK = "Elastic Beanstalk deploys nothing here"
_NO_CAPACITY = "capacity is never added or taken away"
_NO_CANARY = "it never runs, so its metrics stay empty and its alarms quiet"


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
    """A host in a network of 256."""
    return 10 + sum(it.unique.encode()) % 240


def _batch(kind: str, name: str, attribute: str) -> Recorded:
    return row(
        f"AWS::Batch::{kind}",
        lambda it: it.arn("batch", f"{name}/{it.name(f'{kind}Name', limit=128)}"),
        _NO_BATCH,
        also(attribute),
    )


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
    row("AWS::AutoScaling::WarmPool", lambda it: str(it.properties["AutoScalingGroupName"]), _NO_MACHINE),
    row("AWS::ECS::CapacityProvider", lambda it: it.name("Name", limit=255), _NO_CAPACITY),
    row(
        "AWS::ECS::ClusterCapacityProviderAssociations",
        lambda it: str(it.properties["Cluster"]),
        _NO_CAPACITY,
    ),
    _batch("ComputeEnvironment", "compute-environment", "ComputeEnvironmentArn"),
    _batch("JobQueue", "job-queue", "JobQueueArn"),
    row(
        "AWS::Batch::JobDefinition",
        lambda it: it.arn("batch", f"job-definition/{it.name('JobDefinitionName', limit=128)}:1"),
        _NO_BATCH,
        also("JobDefinitionArn"),
    ),
    row(
        "AWS::ElasticBeanstalk::Application", lambda it: it.name("ApplicationName", limit=100), _NO_BEANSTALK
    ),
    row(
        "AWS::ElasticBeanstalk::ApplicationVersion",
        lambda it: f"{it.request.stack_name}-{it.request.logical_id}-{it.unique}",
        _NO_BEANSTALK,
        also("Id"),
    ),
    row(
        "AWS::ElasticBeanstalk::Environment",
        lambda it: it.name("EnvironmentName", limit=40),
        _NO_BEANSTALK,
        lambda it: {"EndpointURL": f"{it.id}.{it.request.region}.elasticbeanstalk.com"},
    ),
    row("AWS::SSM::Association", uuid_of, "no machine takes part", also("AssociationId")),
    row("AWS::SSM::Document", lambda it: it.name("Name", limit=128), "no document is ever run"),
    row(
        "AWS::Synthetics::Canary",
        lambda it: str(it.properties["Name"]),
        _NO_CANARY,
        lambda it: {"Id": uuid_of(it), "State": "READY"},
    ),
)
