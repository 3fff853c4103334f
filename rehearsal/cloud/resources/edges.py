"""Recorded types between networks and in front of applications: nothing is routed, filtered or resolved."""

from collections.abc import Mapping
from typing import Any

from rehearsal.cloud.resources.known import Known, Values, also, ec2_id, uuid_of
from rehearsal.cloud.resources.recorded import Recorded, row

_NO_TRAFFIC = "no traffic passes between networks here"
_NO_FILTER = "no request is filtered"
_NO_SIGNING = "no signed address is checked"
_NO_BALANCER = "no request is balanced"
_NO_NAMES = "names are not resolved"
_NO_LINK = "an API reaches its integration without it"
_NO_PROXY = "no proxy listens at its endpoint: connect to the database itself"
_NO_CACHE = "no cache server listens at its endpoint"


def _wafv2(kind: str) -> Recorded:
    def name(it: Known) -> str:
        return it.name("Name", limit=128)

    def attributes(it: Known) -> Mapping[str, Any]:
        scope = "global" if it.properties["Scope"] == "CLOUDFRONT" else "regional"
        arn = it.arn("wafv2", f"{scope}/{kind.lower()}/{name(it)}/{uuid_of(it)}")
        labels = {"LabelNamespace": f"awswaf:{it.request.account}:rulegroup:{name(it)}:"}
        return {"Arn": arn, "Id": uuid_of(it), **(labels if kind == "RuleGroup" else {})}

    return row(
        f"AWS::WAFv2::{kind}",
        lambda it: f"{name(it)}|{uuid_of(it)}|{it.properties['Scope']}",
        _NO_FILTER,
        attributes,
    )


def _classic_balancer(it: Known) -> Mapping[str, Any]:
    host = f"{it.id}-1234567890.{it.request.region}.elb.amazonaws.com"
    return {
        "DNSName": host,
        "CanonicalHostedZoneName": host,
        "CanonicalHostedZoneNameID": "Z0000000000000",
        "SourceSecurityGroup.GroupName": f"{it.id}-source",
        "SourceSecurityGroup.OwnerAlias": it.request.account,
    }


def _proxy(it: Known) -> Mapping[str, Any]:
    return {
        "DBProxyArn": it.arn("rds", f"db-proxy:prx-{it.unique}"),
        "Endpoint": f"{it.id}.proxy-{it.unique}.{it.request.region}.rds.amazonaws.com",
        "VpcId": "vpc-00000000000000000",
    }


def _cache(it: Known) -> Mapping[str, Any]:
    host = f"{it.id}-{it.unique}.serverless.{it.request.region}.cache.amazonaws.com"
    ends = {"Endpoint": "6379", "ReaderEndpoint": "6380"}
    return {
        "ARN": it.arn("elasticache", f"serverlesscache:{it.id}"),
        "CreateTime": "2026-01-01T00:00:00Z",
        "FullEngineVersion": str(it.properties.get("MajorEngineVersion", "7")),
        "Status": "available",
        **{f"{end}.Address": host for end in ends},
        **{f"{end}.Port": port for end, port in ends.items()},
    }


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
    row(
        "AWS::CloudFront::PublicKey",
        lambda it: f"K{it.unique.upper()}",
        _NO_SIGNING,
        lambda it: {"Id": it.id, "CreatedTime": "2026-01-01T00:00:00Z"},
    ),
    row(
        "AWS::CloudFront::KeyGroup",
        uuid_of,
        _NO_SIGNING,
        lambda it: {"Id": it.id, "LastModifiedTime": "2026-01-01T00:00:00Z"},
    ),
    row("AWS::Route53::RecordSetGroup", lambda it: f"rsg-{it.unique}", _NO_NAMES, also("Id")),
    row("AWS::Route53::HealthCheck", uuid_of, "nothing is checked", also("HealthCheckId")),
    *map(_wafv2, ("IPSet", "RegexPatternSet", "RuleGroup")),
    row("AWS::ApiGateway::VpcLink", lambda it: it.unique, _NO_LINK, also("VpcLinkId")),
    row("AWS::ApiGatewayV2::VpcLink", lambda it: it.unique, _NO_LINK, also("VpcLinkId")),
    row("AWS::RDS::DBProxy", lambda it: str(it.properties["DBProxyName"]), _NO_PROXY, _proxy),
    row(
        "AWS::RDS::DBProxyTargetGroup",
        lambda it: it.arn("rds", f"target-group:prx-tg-{it.unique}"),
        _NO_PROXY,
        also("TargetGroupArn"),
    ),
    row(
        "AWS::RDS::OptionGroup",
        lambda it: it.name("OptionGroupName", limit=255).lower(),
        "no option is switched on",
    ),
    row(
        "AWS::ElastiCache::ServerlessCache",
        lambda it: str(it.properties["ServerlessCacheName"]),
        _NO_CACHE,
        _cache,
    ),
)
