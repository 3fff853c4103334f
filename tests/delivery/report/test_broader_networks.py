"""Pairs of templates: what opens to a network, and what only looks as if it did."""

from typing import Any

import pytest

from pipeline.change_report.compare import compare
from pipeline.change_report.report import Broadening, Kind

Template = dict[str, Any]


def rule(peer: str = "10.0.0.0/16", port: int = 443, last: int | None = None, **more: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": last or port, "CidrIp": peer, **more}


NOBODY_OUT = {"IpProtocol": "icmp", "FromPort": 252, "ToPort": 86, "CidrIp": "255.255.255.255/32"}


def group(*ingress: dict[str, Any], egress: Any = (NOBODY_OUT,)) -> Template:
    properties = {"SecurityGroupIngress": list(ingress), "SecurityGroupEgress": list(egress)}
    return {"Resources": {"Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": properties}}}


def standalone(*ingress: dict[str, Any]) -> Template:
    template = group()
    for number, item in enumerate(ingress):
        properties = {"GroupId": {"Fn::GetAtt": ["Group", "GroupId"]}, **item}
        template["Resources"][f"Rule{number}"] = {
            "Type": "AWS::EC2::SecurityGroupIngress",
            "Properties": properties,
        }
    return template


def one(kind: str, **properties: Any) -> Template:
    return {"Resources": {"It": {"Type": kind, "Properties": properties}}}


def broadened(before: Template, after: Template) -> list[Broadening]:
    found = compare(name="Stack", before=before, after=after).broadenings
    return [item for item in found if item.kind is Kind.NETWORK]


NOTHING: Template = {"Resources": {}}

SAME = [
    pytest.param(group(rule()), group(rule(Description="other words")), id="other words"),
    pytest.param(group(rule()), group(), id="closed"),
    pytest.param(group(rule("10.0.0.0/8")), group(rule("10.1.0.0/16")), id="a smaller network"),
    pytest.param(group(rule(port=1, last=99)), group(rule(port=22)), id="fewer ports"),
    pytest.param(group(rule()), standalone(rule()), id="moved into a resource of its own"),
    pytest.param(
        group({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}),
        group(rule("0.0.0.0/0", 22)),
        id="every protocol before",
    ),
    pytest.param(
        group(egress=()), group(egress=(rule("0.0.0.0/0"),)), id="no egress rules means all of them"
    ),
    pytest.param(
        one("AWS::RDS::DBInstance", PubliclyAccessible=True),
        one("AWS::RDS::DBInstance", PubliclyAccessible=True, MultiAZ=True),
        id="public already",
    ),
    pytest.param(
        one("AWS::EC2::Route", RouteTableId="t", DestinationCidrBlock="0.0.0.0/0", NatGatewayId="n"),
        {
            "Resources": {
                "Other": {
                    "Type": "AWS::EC2::Route",
                    "Properties": {
                        "RouteTableId": "t",
                        "DestinationCidrBlock": "0.0.0.0/0",
                        "NatGatewayId": "n",
                    },
                }
            }
        },
        id="a route under another id",
    ),
    pytest.param(
        one("AWS::ApiGateway::Method", AuthorizationType="NONE"),
        one("AWS::ApiGateway::Method", AuthorizationType="AWS_IAM"),
        id="a method that now asks who calls",
    ),
]


@pytest.mark.parametrize(("before", "after"), SAME)
def test_what_opens_nothing_is_not_reported(before: Template, after: Template) -> None:
    assert broadened(before, after) == []


MORE = [
    pytest.param(group(), group(rule()), "accepts traffic from 10.0.0.0/16 on tcp 443", False, id="ingress"),
    pytest.param(
        group(),
        group(rule("0.0.0.0/0", 22)),
        "accepts traffic from 0.0.0.0/0 on tcp 22",
        True,
        id="the internet",
    ),
    pytest.param(group(rule()), group(rule("0.0.0.0/0")), "from 0.0.0.0/0", True, id="a network widened"),
    pytest.param(group(rule(port=80)), group(rule(port=80, last=90)), "tcp 80 to 90", False, id="more ports"),
    pytest.param(
        group(), group(egress=(rule("0.0.0.0/0"),)), "may connect to 0.0.0.0/0 on tcp 443", False, id="egress"
    ),
    pytest.param(group(), standalone(rule()), "accepts traffic", False, id="a rule of its own"),
    pytest.param(
        group(),
        group({"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "SourceSecurityGroupId": {"Ref": "Peer"}}),
        "accepts traffic from Peer on tcp 1",
        False,
        id="another group",
    ),
    pytest.param(
        NOTHING,
        one("AWS::EC2::Route", RouteTableId="t", DestinationCidrBlock="0.0.0.0/0", GatewayId={"Ref": "Igw"}),
        "routes 0.0.0.0/0 from t through Igw",
        False,
        id="a route",
    ),
    pytest.param(NOTHING, one("AWS::EC2::VPCPeeringConnection"), "peers the network", False, id="peering"),
    pytest.param(
        one("AWS::RDS::DBInstance"),
        one("AWS::RDS::DBInstance", PubliclyAccessible=True),
        "is reachable from the internet",
        True,
        id="a public database",
    ),
    pytest.param(
        NOTHING,
        one("AWS::Lambda::Url", AuthType="NONE"),
        "answers callers who have not signed in",
        True,
        id="a function for anyone",
    ),
    pytest.param(
        one("AWS::ApiGateway::Method", AuthorizationType="COGNITO_USER_POOLS"),
        one("AWS::ApiGateway::Method", AuthorizationType="NONE"),
        "answers callers who have not signed in",
        False,
        id="a method for anyone",
    ),
    pytest.param(
        one("AWS::ElasticLoadBalancingV2::LoadBalancer", Scheme="internal"),
        one("AWS::ElasticLoadBalancingV2::LoadBalancer", Scheme="internet-facing"),
        "faces the internet",
        False,
        id="a public load balancer",
    ),
    pytest.param(
        NOTHING,
        one("AWS::EC2::NetworkAclEntry", RuleAction="allow", Egress=False, CidrBlock="0.0.0.0/0"),
        "lets traffic in from 0.0.0.0/0",
        False,
        id="a network access list",
    ),
]


@pytest.mark.parametrize(("before", "after", "said", "severe"), MORE)
def test_what_opens_is_reported(before: Template, after: Template, said: str, severe: bool) -> None:
    found = [item for item in broadened(before, after) if said in item.sentence]
    assert [item.severe for item in found] == [severe]


def test_a_bucket_that_stops_blocking_public_access_says_what_it_no_longer_has() -> None:
    block = dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    before = one("AWS::S3::Bucket", PublicAccessBlockConfiguration=block)
    after = one("AWS::S3::Bucket", PublicAccessBlockConfiguration={**block, "BlockPublicPolicy": False})
    (item,) = broadened(before, after)
    assert (item.sentence, item.severe) == ("no longer has BlockPublicPolicy", True)
