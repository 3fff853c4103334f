"""Properties whose value opens a resource to the public."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.change_report import noise
from pipeline.change_report.noise import Resource
from pipeline.change_report.report import Broadening, Kind
from pipeline.change_report.values import Json, is_true, text


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """A property whose value opens a resource to the public; `exposed` also sees it missing (None)."""

    type: str
    path: tuple[str, ...]
    exposed: Callable[[Json], bool]
    sentence: str


def _off(value: Json) -> bool:
    return not is_true(value)


def _equals(expected: str) -> Callable[[Json], bool]:
    return lambda value: value is not None and text(value) == expected


_EXPOSURES = (
    Exposure(
        type="AWS::RDS::DBInstance",
        path=("PubliclyAccessible",),
        exposed=is_true,
        sentence="is reachable from the internet",
    ),
    Exposure(
        type="AWS::RDS::DBCluster",
        path=("PubliclyAccessible",),
        exposed=is_true,
        sentence="is reachable from the internet",
    ),
    Exposure(
        type="AWS::EC2::Subnet",
        path=("MapPublicIpOnLaunch",),
        exposed=is_true,
        sentence="gives public addresses to what starts in it",
    ),
    Exposure(
        type="AWS::ElasticLoadBalancingV2::LoadBalancer",
        path=("Scheme",),
        exposed=_equals("internet-facing"),
        sentence="faces the internet",
    ),
    Exposure(
        type="AWS::ApiGateway::Method",
        path=("AuthorizationType",),
        exposed=_equals("NONE"),
        sentence="answers callers who have not signed in",
    ),
    Exposure(
        type="AWS::ApiGatewayV2::Route",
        path=("AuthorizationType",),
        exposed=lambda value: value is None or text(value) == "NONE",
        sentence="answers callers who have not signed in",
    ),
    Exposure(
        type="AWS::Lambda::Url",
        path=("AuthType",),
        exposed=_equals("NONE"),
        sentence="answers callers who have not signed in",
    ),
    Exposure(
        type="AWS::EKS::Cluster",
        path=("ResourcesVpcConfig", "EndpointPublicAccess"),
        exposed=is_true,
        sentence="opens its control plane to the internet",
    ),
    *(
        Exposure(
            type="AWS::S3::Bucket",
            path=("PublicAccessBlockConfiguration", block),
            exposed=_off,
            sentence=f"no longer has {block}",
        )
        for block in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    ),
)
_SEVERE_TYPES = frozenset(
    {"AWS::RDS::DBInstance", "AWS::RDS::DBCluster", "AWS::S3::Bucket", "AWS::Lambda::Url"}
)


def broadened(old: Mapping[str, Resource], new: Mapping[str, Resource]) -> Iterator[Broadening]:
    for logical_id, resource in new.items():
        for exposure in _EXPOSURES:
            if exposure.type == resource.get("Type") and _newly(exposure, old.get(logical_id), resource):
                severe = exposure.type in _SEVERE_TYPES
                yield Broadening(
                    kind=Kind.NETWORK,
                    logical_id=logical_id,
                    subject=noise.name_of(logical_id, resource),
                    sentence=exposure.sentence,
                    severe=severe,
                )


def _newly(exposure: Exposure, old: Resource | None, new: Resource) -> bool:
    was = old is not None and exposure.exposed(_at(old, exposure.path))
    return exposure.exposed(_at(new, exposure.path)) and not was


def _at(resource: Resource, path: tuple[str, ...]) -> Json:
    value: Json = resource.get("Properties", {})
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
