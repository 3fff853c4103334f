"""SB-NET-1 to SB-NET-8, and the trap T-NET-1."""

from typing import Any

import pytest

from stacks.second_brain.settings import SecondBrainSettings

NETWORK = "SecondBrainNetwork"


@pytest.fixture
def of(environments: Any) -> Any:
    """The resources of a kind in development's network."""
    return lambda kind: environments.resources("Dev", NETWORK, kind)


def _group(of: Any, part: str) -> str:
    (name,) = [key for key in of("AWS::EC2::SecurityGroup") if part in key]
    return str(name)


def test_net_1_one_vpc_in_two_zones_with_one_nat_gateway(environments: Any, of: Any) -> None:
    vpc = environments.properties("Dev", NETWORK, "AWS::EC2::VPC")
    assert vpc["CidrBlock"] == "10.20.0.0/16"
    assert {"Key": "Name", "Value": "slipway-dev-second-brain-vpc"} in vpc["Tags"]
    assert len(of("AWS::EC2::NatGateway")) == len(of("AWS::EC2::EIP")) == 1
    zones = {subnet["Properties"]["AvailabilityZoneId"] for subnet in of("AWS::EC2::Subnet").values()}
    assert zones == {"use1-az1", "use1-az2"}


def test_net_1_no_zone_is_named_by_what_one_account_calls_it(of: Any) -> None:
    assert all("AvailabilityZone" not in subnet["Properties"] for subnet in of("AWS::EC2::Subnet").values())


def test_net_2_three_tiers_of_24_bits_in_each_zone(of: Any) -> None:
    subnets = [subnet["Properties"] for subnet in of("AWS::EC2::Subnet").values()]
    assert len(subnets) == 6
    assert all(subnet["CidrBlock"].endswith("/24") for subnet in subnets)
    tiers = [tag["Value"] for s in subnets for tag in s["Tags"] if tag["Key"] == "aws-cdk:subnet-name"]
    assert sorted(tiers) == ["Isolated"] * 2 + ["Private"] * 2 + ["Public"] * 2


def test_net_2_only_the_private_tier_has_a_way_out_through_the_gateway(of: Any) -> None:
    out = [key for key, route in of("AWS::EC2::Route").items() if "NatGatewayId" in route["Properties"]]
    assert len(out) == 2
    assert all("PrivateSubnet" in key for key in out)


def test_net_3_functions_reach_out_and_nothing_reaches_in(of: Any) -> None:
    function_group = of("AWS::EC2::SecurityGroup")[_group(of, "FunctionGroup")]["Properties"]
    assert [rule["CidrIp"] for rule in function_group["SecurityGroupEgress"]] == ["0.0.0.0/0"]
    assert "SecurityGroupIngress" not in function_group
    entered = [
        rule["Properties"]["GroupId"]["Fn::GetAtt"][0]
        for rule in of("AWS::EC2::SecurityGroupIngress").values()
    ]
    assert _group(of, "FunctionGroup") not in entered


def test_net_4_the_database_is_entered_by_functions_only_and_reaches_nothing(of: Any) -> None:
    database_group = _group(of, "DatabaseGroup")
    (egress,) = of("AWS::EC2::SecurityGroup")[database_group]["Properties"]["SecurityGroupEgress"]
    assert egress["CidrIp"] == "255.255.255.255/32"
    (rule,) = [
        rule["Properties"]
        for rule in of("AWS::EC2::SecurityGroupIngress").values()
        if rule["Properties"]["GroupId"]["Fn::GetAtt"][0] == database_group
    ]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 5432, 5432)
    assert rule["SourceSecurityGroupId"]["Fn::GetAtt"][0] == _group(of, "FunctionGroup")


def test_net_5_endpoints_for_s3_secrets_and_bedrock(of: Any) -> None:
    endpoints = [endpoint["Properties"] for endpoint in of("AWS::EC2::VPCEndpoint").values()]
    (gateway,) = [e for e in endpoints if e["VpcEndpointType"] == "Gateway"]
    assert ".s3" in str(gateway["ServiceName"])
    interfaces = [e for e in endpoints if e["VpcEndpointType"] == "Interface"]
    assert {e["ServiceName"] for e in interfaces} == {
        "com.amazonaws.us-east-1.secretsmanager",
        "com.amazonaws.us-east-1.bedrock-runtime",
    }
    assert all(e["PrivateDnsEnabled"] for e in interfaces)


def test_net_5_the_footprint_names_every_interface_endpoint(of: Any) -> None:
    """`make zones` asks where they are offered."""
    endpoints = [endpoint["Properties"] for endpoint in of("AWS::EC2::VPCEndpoint").values()]
    services = {e["ServiceName"] for e in endpoints if e["VpcEndpointType"] == "Interface"}
    named = SecondBrainSettings().footprint().endpoints
    assert services == {f"com.amazonaws.us-east-1.{service}" for service in named}


def test_net_6_endpoints_have_a_group_of_their_own_for_functions_only(of: Any) -> None:
    endpoint_group = _group(of, "EndpointGroup")
    for endpoint in of("AWS::EC2::VPCEndpoint").values():
        if endpoint["Properties"]["VpcEndpointType"] == "Interface":
            (group,) = endpoint["Properties"]["SecurityGroupIds"]
            assert group["Fn::GetAtt"][0] == endpoint_group
    rules = [
        rule["Properties"]
        for rule in of("AWS::EC2::SecurityGroupIngress").values()
        if rule["Properties"]["GroupId"]["Fn::GetAtt"][0] == endpoint_group
    ]
    assert [rule["FromPort"] for rule in rules] == [443]
    assert rules[0]["SourceSecurityGroupId"]["Fn::GetAtt"][0] == _group(of, "FunctionGroup")


def test_t_net_1_no_group_is_open_to_the_whole_vpc(of: Any) -> None:
    groups = of("AWS::EC2::SecurityGroup").values()
    assert all("SecurityGroupIngress" not in group["Properties"] for group in groups)
    assert all("CidrIp" not in rule["Properties"] for rule in of("AWS::EC2::SecurityGroupIngress").values())


def test_net_7_flows_are_logged_for_two_weeks(environments: Any, of: Any) -> None:
    (flow_log,) = of("AWS::EC2::FlowLog").values()
    assert flow_log["Properties"]["TrafficType"] == "ALL"
    assert environments.properties("Dev", NETWORK, "AWS::Logs::LogGroup")["RetentionInDays"] == 14


@pytest.mark.parametrize(
    ("environment", "cidr"), [("Dev", "10.20.0.0/16"), ("Staging", "10.21.0.0/16"), ("Prod", "10.22.0.0/16")]
)
def test_net_7_the_range_comes_from_configuration(environments: Any, environment: str, cidr: str) -> None:
    assert environments.properties(environment, NETWORK, "AWS::EC2::VPC")["CidrBlock"] == cidr


def test_net_8_the_vpc_is_an_output(environments: Any, of: Any) -> None:
    (vpc,) = of("AWS::EC2::VPC")
    assert environments.template("Dev", NETWORK)["Outputs"]["VpcId"]["Value"] == {"Ref": vpc}


def test_x_22_nothing_brings_a_function_of_its_own(of: Any) -> None:
    assert of("AWS::Lambda::Function") == {}
