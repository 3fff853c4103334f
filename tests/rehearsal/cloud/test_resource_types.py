"""The resource types that the rehearsal adds, seen from templates and from the services' own APIs."""

import copy
import importlib
import json
import pkgutil
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

import rehearsal.cloud
from rehearsal.emulator.gaps import GapLog
from rehearsal.emulator.resource_types.described import Described
from rehearsal.home import Endpoint, Home
from rehearsal.model.results import Fidelity
from tests.rehearsal.cloud.every_type import ATTRIBUTES, OUTPUTS, RESOURCES, WRITTEN_DOWN
from tests.rehearsal.cloud.listeners import listening
from tests.rehearsal.cloud.machines_and_edges import ATTRIBUTES_HERE, MACHINES_AND_EDGES, RECORDED_HERE
from tests.rehearsal.cloud.stacks import StackFailedError, Stacks

ADDED = {
    row.type_name
    for module in pkgutil.walk_packages(rehearsal.cloud.__path__, "rehearsal.cloud.")
    for row in getattr(importlib.import_module(module.name), "ROWS", ())
    if not isinstance(row, Described)
}
NEED_MORE = {"AWS::EC2::EIPAssociation", "AWS::WAFv2::WebACLAssociation"}
"""They need an instance or a load balancer, which the template has not."""
NOT_OFFERED = {
    "AWS::BedrockAgentCore::Memory": {"FailureReason"},
    "AWS::BedrockAgentCore::Runtime": {"FailureReason", "WorkloadIdentityDetails"},
    "AWS::BedrockAgentCore::RuntimeEndpoint": {"FailureReason"},
    "AWS::EC2::Instance": {"State"},
    "AWS::EC2::NetworkInterface": {
        "PrimaryIpv6Address",
        "PublicIpDnsNameOptions",
        "SecondaryPrivateIpAddresses",
    },
    "AWS::EC2::TransitGateway": {"EncryptionSupportState"},
    "AWS::EC2::VPCCidrBlock": {"Ipv6AddressAttribute"},
    "AWS::ElasticLoadBalancing::LoadBalancer": {"SourceSecurityGroup"},
    "AWS::EC2::NatGateway": {"AutoProvisionZones", "AutoScalingIps", "RouteTableId"},
    "AWS::Events::ApiDestination": {"ArnForPolicy"},
    "AWS::Events::Connection": {"ArnForPolicy"},
    "AWS::IAM::AccessKey": {"Id"},
    "AWS::WAFv2::LoggingConfiguration": {"ManagedByFirewallManager"},
}
"""Attributes of AWS that are no text, or that nobody reads in a working stack."""
SECOND_BRAIN = """
    EC2: VPC Subnet RouteTable Route SubnetRouteTableAssociation InternetGateway VPCGatewayAttachment EIP
    EC2: NatGateway SecurityGroup SecurityGroupIngress SecurityGroupEgress VPCEndpoint FlowLog
    RDS: DBInstance DBParameterGroup DBSubnetGroup
    SecretsManager: Secret SecretTargetAttachment RotationSchedule
    Cognito: UserPool UserPoolClient UserPoolDomain UserPoolIdentityProvider
    ApiGateway: RestApi Resource Method Deployment Stage Authorizer Model RequestValidator
    ApiGateway: GatewayResponse Account
    Lambda: Function Permission
    IAM: Role Policy
    Logs: LogGroup
    BedrockAgentCore: Runtime Memory
    Location: PlaceIndex
    ECR: Repository
    Events: Rule
    SQS: Queue QueuePolicy
    SNS: Topic TopicPolicy Subscription
    CloudWatch: Alarm Dashboard
    CloudFormation: CustomResource
"""


def test_the_template_of_this_test_holds_every_added_type() -> None:
    found = {resource["Type"] for resource in (*RESOURCES.values(), *MACHINES_AND_EDGES.values())}
    assert found >= ADDED - NEED_MORE


def test_every_attribute_of_the_types_schemas_is_read() -> None:
    read = {**ATTRIBUTES_HERE, **ATTRIBUTES}
    for name, resource in (*RESOURCES.items(), *RECORDED_HERE.items()):
        if resource["Type"] in ADDED:
            expected = _schema_attributes(resource["Type"]) - NOT_OFFERED.get(resource["Type"], set())
            assert expected <= set(read.get(name, ())), resource["Type"]


def _schema_attributes(type_name: str) -> set[str]:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_name).schema
    paths = {path.removeprefix("/properties/") for path in schema.get("readOnlyProperties", ())}
    return {path for path in paths if "/" not in path}


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("Address", "52."),
        ("Nat", "nat-"),
        ("In", "sgr-"),
        ("Agent", "swarm_dev-"),
        ("AgentEndpointAgentRuntimeEndpointArn", "arn:aws:bedrock-agentcore:eu-west-1:111122223333:runtime/"),
        ("Memory", "arn:aws:bedrock-agentcore:eu-west-1:111122223333:memory/swarm_memory-"),
        ("PlacesIndexArn", "arn:aws:geo:eu-west-1:111122223333:place-index/places"),
        ("Google", "Google"),
        ("Rotation", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:types-Secret-"),
        ("Target", "table/x|dynamodb:table:ReadCapacityUnits|dynamodb"),
        ("Vectors", "arn:aws:s3vectors:eu-west-1:111122223333:bucket/types-vectors-"),
        ("Connection", "arn:aws:codeconnections:eu-west-1:111122223333:connection/"),
        ("OldConnection", "arn:aws:codestar-connections:eu-west-1:111122223333:connection/"),
        ("Sampling", "arn:aws:xray:eu-west-1:111122223333:sampling-rule/r"),
    ],
)
def test_ids_have_the_shape_that_aws_gives_them(every_type: dict[str, str], name: str, shape: str) -> None:
    assert every_type[name].startswith(shape)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("Machine", "i-0"),
        ("MachinePrivateDnsName", "ip-10-0-0-"),
        ("Disk", "vol-0"),
        ("Jobs", "arn:aws:batch:eu-west-1:111122223333:job-queue/machines-Jobs-"),
        ("Addresses", "w|"),
        ("RulesArn", "arn:aws:wafv2:eu-west-1:111122223333:regional/rulegroup/w/"),
        ("CacheEndpointAddress", "cache-"),
    ],
)
def test_ids_of_machines_have_their_shape(machines_and_edges: dict[str, str], name: str, shape: str) -> None:
    assert machines_and_edges[name].startswith(shape)


def test_machines_and_edges_are_reported_as_recorded(
    machines_and_edges: dict[str, str], cloud_home: Home
) -> None:
    gaps = GapLog.of(cloud_home).by_stack()["machines"]
    assert {gap.subject for gap in gaps} == {resource["Type"] for resource in RECORDED_HERE.values()}
    assert {gap.fidelity for gap in gaps} == {Fidelity.RECORDED}


def test_rules_beside_their_groups_are_rules_of_the_groups(
    every_type: dict[str, str], aws: boto3.session.Session
) -> None:
    groups = aws.client("ec2").describe_security_groups(GroupIds=[every_type["Inner"], every_type["Outer"]])
    inner, outer = sorted(groups["SecurityGroups"], key=lambda group: group["Description"])
    assert inner["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == every_type["Outer"]
    opened = [rule for rule in outer["IpPermissionsEgress"] if rule.get("FromPort") == 5432]
    assert opened[0]["UserIdGroupPairs"][0]["GroupId"] == every_type["Inner"]


def test_what_a_stack_made_is_seen_through_the_services(
    every_type: dict[str, str], aws: boto3.session.Session
) -> None:
    ec2: Any = aws.client("ec2")
    assert ec2.describe_nat_gateways(NatGatewayIds=[every_type["Nat"]])["NatGateways"][0]["Tags"]
    assert ec2.describe_flow_logs(FlowLogIds=[every_type["Flow"]])["FlowLogs"]
    agent = aws.client("bedrock-agentcore-control").get_agent_runtime(agentRuntimeId=every_type["Agent"])
    assert agent["environmentVariables"] == {"db_Host": "here"}
    assert agent["lifecycleConfiguration"]["idleRuntimeSessionTimeout"] == 1800
    trail = aws.client("cloudtrail").get_trail_status(Name=every_type["Trail"])
    assert trail["IsLogging"]
    provider = aws.client("cognito-idp").describe_identity_provider(
        UserPoolId=every_type["Pool"], ProviderName="Google"
    )
    assert provider["IdentityProvider"]["AttributeMapping"] == {"email": "email"}


def test_a_generated_secret_keeps_to_what_it_may_contain(
    every_type: dict[str, str], aws: boto3.session.Session
) -> None:
    secret = aws.client("secretsmanager").get_secret_value(SecretId=every_type["Secret"])["SecretString"]
    assert len(secret) == 32
    assert secret.isalnum()


def test_an_update_changes_in_place_what_can_be_changed(
    every_type: dict[str, str], stacks: Stacks, aws: boto3.session.Session
) -> None:
    changed = copy.deepcopy(RESOURCES)
    changed["Address"]["Properties"]["Tags"] = [{"Key": "owner", "Value": "another"}]
    changed["Agent"]["Properties"]["EnvironmentVariables"] = {"db_Host": "there"}
    changed["Memory"]["Properties"]["Description"] = "described"
    changed["Trail"]["Properties"]["IsLogging"] = False
    changed["In"]["Properties"]["FromPort"] = changed["In"]["Properties"]["ToPort"] = 5433
    after = stacks.deploy("types", changed, **OUTPUTS)
    kept = ("Address", "AddressAllocationId", "Agent", "Memory", "Trail")
    assert {name: after[name] for name in kept} == {name: every_type[name] for name in kept}
    assert after["AgentAgentRuntimeVersion"] == "2"
    assert after["In"] != every_type["In"]
    assert not aws.client("cloudtrail").get_trail_status(Name=after["Trail"])["IsLogging"]
    group = aws.client("ec2").describe_security_groups(GroupIds=[after["Inner"]])["SecurityGroups"][0]
    assert [rule["FromPort"] for rule in group["IpPermissions"]] == [5433]


def test_recorded_types_are_reported_with_their_stack(every_type: dict[str, str], cloud_home: Home) -> None:
    gaps = GapLog.of(cloud_home).by_stack()["types"]
    recorded = {gap.subject for gap in gaps if gap.fidelity is Fidelity.RECORDED}
    assert recorded == {resource["Type"] for resource in WRITTEN_DOWN.values()}
    assert all(gap.reason for gap in gaps)


def test_a_type_with_nothing_behind_it_is_reported_as_recorded(stacks: Stacks, cloud_home: Home) -> None:
    rule = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    firewall = {
        "Scope": "REGIONAL",
        "DefaultAction": {"Allow": {}},
        "VisibilityConfig": rule,
        "Name": "described",
    }
    stacks.deploy("described", {"Firewall": {"Type": "AWS::WAFv2::WebACL", "Properties": firewall}})
    [gap] = GapLog.of(cloud_home).by_stack()["described"]
    assert (gap.subject, gap.fidelity) == ("AWS::WAFv2::WebACL", Fidelity.RECORDED)
    stacks.delete("described")


def test_a_deleted_stack_is_reported_no_more(stacks: Stacks, cloud_home: Home) -> None:
    stacks.deploy("short", {"Tracing": {"Type": "AWS::XRay::Group", "Properties": {"GroupName": "g"}}})
    assert [gap.subject for gap in GapLog.of(cloud_home).by_stack()["short"]] == ["AWS::XRay::Group"]
    stacks.delete("short")
    assert "short" not in GapLog.of(cloud_home).by_stack()


def test_an_unknown_type_fails_with_its_name_and_a_remedy(stacks: Stacks) -> None:
    with pytest.raises(
        ClientError, match=r"AWS::QLDB::Ledger.*Add them to their service in rehearsal/cloud/"
    ):
        stacks.deploy("unknown", {"Ledger": {"Type": "AWS::QLDB::Ledger"}})
    assert not stacks.exists("unknown")


def test_a_type_that_aws_refuses_fails_the_stack_with_the_reason(stacks: Stacks) -> None:
    missing = {"GroupId": "sg-0123456789abcdef0", "IpProtocol": "tcp", "FromPort": 1, "ToPort": 1}
    rule = {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {**missing, "CidrIp": "10.0.0.0/8"}}
    with pytest.raises(StackFailedError, match=r"Rule: .*InvalidGroup\.NotFound"):
        stacks.deploy("refused", {"Rule": rule})


def test_every_type_of_the_first_application_may_stand_in_a_template(aws: boto3.session.Session) -> None:
    types = [
        f"AWS::{family.strip()}::{name}"
        for line in SECOND_BRAIN.strip().splitlines()
        for family, _, names in [line.partition(":")]
        for name in names.split()
    ]
    template = {f"R{index}": {"Type": type_name} for index, type_name in enumerate(types)}
    aws.client("cloudformation").validate_template(TemplateBody=json.dumps({"Resources": template}))


def test_whatever_a_template_asks_for_listens_on_loopback_alone(
    every_type: dict[str, str], machines_and_edges: dict[str, str], cloud: Endpoint
) -> None:
    found = listening(cloud.pid)
    assert "127.0.0.1" in found
    assert [address for address in found if not address.startswith("127.")] == []
