"""A private network: three tiers, flow logs, and endpoints that only its functions may use.

The endpoints have a security group of their own. Left to itself the CDK would open port 443 of
whatever group it is given to the whole VPC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

PUBLIC, PRIVATE, ISOLATED = "Public", "Private", "Isolated"
HTTPS = ec2.Port.tcp(443)


@dataclass(frozen=True, kw_only=True)
class NetworkShape:
    name: str
    cidr: str
    zones: Sequence[str]
    """By id, which is the same zone in every account."""
    nat_gateways: int
    subnet_mask: int = 24
    endpoints: Mapping[str, ec2.InterfaceVpcEndpointAwsService] = field(default_factory=dict)
    """Interface endpoints by construct id. S3 always has its gateway, which costs nothing."""


class Network(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, shape: NetworkShape) -> None:
        super().__init__(scope, construct_id)
        self.vpc = self._vpc(shape)
        self._place_by_id()
        self._log_flows()
        self.function_group = self._group(
            "FunctionGroup", "Functions: all outbound, no inbound", outbound=True
        )
        self.endpoint_group = self._group("EndpointGroup", "Interface endpoints: HTTPS from the functions")
        self.endpoint_group.add_ingress_rule(self.function_group, HTTPS, "HTTPS from the functions")
        self._endpoints(shape.endpoints)

    @property
    def private(self) -> ec2.SubnetSelection:
        return ec2.SubnetSelection(subnet_group_name=PRIVATE)

    @property
    def isolated(self) -> ec2.SubnetSelection:
        return ec2.SubnetSelection(subnet_group_name=ISOLATED)

    def database_group(self, construct_id: str, *, port: int) -> ec2.SecurityGroup:
        """For a database that the functions reach on one port, and that itself reaches nothing."""
        group = self._group(construct_id, "Database: from the functions only, no outbound")
        group.add_ingress_rule(self.function_group, ec2.Port.tcp(port), "From the functions")
        return group

    def _vpc(self, shape: NetworkShape) -> ec2.Vpc:
        return ec2.Vpc(
            self,
            "Vpc",
            vpc_name=shape.name,
            ip_addresses=ec2.IpAddresses.cidr(shape.cidr),
            availability_zones=list(shape.zones),
            nat_gateways=shape.nat_gateways,
            subnet_configuration=[
                _tier(PUBLIC, ec2.SubnetType.PUBLIC, shape.subnet_mask),
                _tier(PRIVATE, ec2.SubnetType.PRIVATE_WITH_EGRESS, shape.subnet_mask),
                _tier(ISOLATED, ec2.SubnetType.PRIVATE_ISOLATED, shape.subnet_mask),
            ],
        )

    def _place_by_id(self) -> None:
        """The CDK hands zones on untouched, as names; CloudFormation takes ids by a property of their own."""
        for subnet in self.vpc.node.find_all():
            if isinstance(subnet, ec2.CfnSubnet):
                subnet.availability_zone_id = subnet.availability_zone
                subnet.availability_zone = None

    def _log_flows(self) -> None:
        log_group = logs.LogGroup(
            self,
            "FlowLogs",
            retention=logs.RetentionDays.TWO_WEEKS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.vpc.add_flow_log("FlowLog", destination=ec2.FlowLogDestination.to_cloud_watch_logs(log_group))

    def _endpoints(self, services: Mapping[str, ec2.InterfaceVpcEndpointAwsService]) -> None:
        self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        for construct_id, service in services.items():
            self.vpc.add_interface_endpoint(
                construct_id,
                service=service,
                subnets=self.private,
                security_groups=[self.endpoint_group],
                private_dns_enabled=True,
                open=False,
            )

    def _group(self, construct_id: str, description: str, *, outbound: bool = False) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self, construct_id, vpc=self.vpc, description=description, allow_all_outbound=outbound
        )


def _tier(name: str, subnet_type: ec2.SubnetType, mask: int) -> ec2.SubnetConfiguration:
    public = {"map_public_ip_on_launch": False} if subnet_type == ec2.SubnetType.PUBLIC else {}
    return ec2.SubnetConfiguration(name=name, subnet_type=subnet_type, cidr_mask=mask, **public)
