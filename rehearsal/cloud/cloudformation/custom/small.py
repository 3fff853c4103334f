"""CDK's smaller custom resources, with the same few calls that their Node functions make."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.cloud.cloudformation.custom.request import CustomRequest
from rehearsal.emulator.extension import ResourceResult

_BATCH = 10


def restrict_default_security_group(request: CustomRequest) -> ResourceResult:
    """Remove the initial rules of a VPC's default security group."""
    ec2, it, old = request.client("ec2"), request.properties, request.old_properties
    group = it["DefaultSecurityGroupId"]
    if request.is_delete:
        _open_group(ec2, group, it["Account"])
        return request.answer()
    if old and old["DefaultSecurityGroupId"] != group:
        _open_group(ec2, old["DefaultSecurityGroupId"], it["Account"])
    with _tolerating("InvalidPermission.NotFound"):
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=_to_anywhere())
    with _tolerating("InvalidPermission.NotFound"):
        ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=_from_itself(group, it["Account"]))
    return request.answer()


def log_retention(request: CustomRequest) -> ResourceResult:
    it = request.properties
    group, logs = it["LogGroupName"], request.client("logs", region=it.get("LogGroupRegion"))
    if request.is_delete:
        if it.get("RemovalPolicy") == "destroy":
            with _tolerating("ResourceNotFoundException"):
                logs.delete_log_group(logGroupName=group)
        return request.answer(group)
    with _tolerating("ResourceAlreadyExistsException"):
        logs.create_log_group(logGroupName=group)
    if it.get("RetentionInDays"):
        logs.put_retention_policy(logGroupName=group, retentionInDays=int(it["RetentionInDays"]))
    else:
        logs.delete_retention_policy(logGroupName=group)
    return request.answer(group, LogGroupName=group)


def delete_images(request: CustomRequest) -> ResourceResult:
    """Empty the repository on delete."""
    if request.is_delete:
        ecr, name = request.client("ecr"), request.properties["RepositoryName"]
        with _tolerating("RepositoryNotFoundException"):
            images = ecr.list_images(repositoryName=name)["imageIds"]
            if images:
                ecr.batch_delete_image(repositoryName=name, imageIds=images)
    return request.answer()


def write_exports(request: CustomRequest) -> ResourceResult:
    """Write values for a stack of another region to that region's parameters."""
    writer = request.properties["WriterProps"]
    ssm, exports = request.client("ssm", region=writer["region"]), writer["exports"]
    former = request.old_properties.get("WriterProps", {}).get("exports", {})
    if request.is_delete:
        _delete_parameters(ssm, exports)
        return request.answer()
    for name, value in exports.items():
        if former.get(name) != value:
            ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
    _delete_parameters(ssm, former.keys() - exports.keys())
    return request.answer()


def read_exports(request: CustomRequest) -> ResourceResult:
    """Read the values and tag them as used by this stack."""
    reader = request.properties["ReaderProps"]
    ssm, imports = request.client("ssm", region=reader["region"]), reader["imports"]
    tag = f"aws-cdk:strong-ref:{reader['prefix']}"
    former = request.old_properties.get("ReaderProps", {}).get("imports", {})
    released = imports if request.is_delete else former.keys() - imports.keys()
    for name in released:
        with _tolerating("InvalidResourceId"):
            ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId=name, TagKeys=[tag])
    if request.is_delete:
        return request.answer()
    for name in imports.keys() - former.keys():
        ssm.add_tags_to_resource(
            ResourceType="Parameter", ResourceId=name, Tags=[{"Key": tag, "Value": "true"}]
        )
    return request.answer(**imports)


def read_string_parameter(request: CustomRequest) -> ResourceResult:
    """Read a parameter of another region, for edge functions."""
    it = request.properties
    if request.is_delete:
        return request.answer()
    name = it["ParameterName"]
    value = request.client("ssm", region=it["Region"]).get_parameter(Name=name)["Parameter"]["Value"]
    return request.answer(name, FunctionArn=value)


def open_id_provider(request: CustomRequest) -> ResourceResult:
    iam, it = request.client("iam"), request.properties
    if request.is_delete:
        with _tolerating("NoSuchEntity"):
            iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=request.physical_id)
        return request.answer()
    if request.kind == "Update" and it["Url"] == request.old_properties["Url"]:
        return request.answer(Thumbprints="[]")
    made = iam.create_open_id_connect_provider(
        Url=it["Url"], ClientIDList=it.get("ClientIDList", []), ThumbprintList=it.get("ThumbprintList", [])
    )
    return request.answer(made["OpenIDConnectProviderArn"], Thumbprints="[]")


def _to_anywhere() -> list[Mapping[str, Any]]:
    return [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


def _from_itself(group: str, account: str) -> list[Mapping[str, Any]]:
    return [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group, "UserId": account}]}]


def _open_group(ec2: Any, group: str, account: str) -> None:
    with _tolerating("InvalidGroup.NotFound", "InvalidPermission.Duplicate"):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=_from_itself(group, account))
        ec2.authorize_security_group_egress(GroupId=group, IpPermissions=_to_anywhere())


def _delete_parameters(ssm: Any, names: Iterable[str]) -> None:
    doomed = sorted(names)
    for start in range(0, len(doomed), _BATCH):
        ssm.delete_parameters(Names=doomed[start : start + _BATCH])


@contextlib.contextmanager
def _tolerating(*codes: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in codes:
            raise
