"""The network of Second Brain: its functions reach the database and AWS without leaving it.

AgentCore's data plane is reached through the NAT gateway: a third interface endpoint would cost
more than the traffic.
"""

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from blocks.function_parts import Placement
from blocks.network import Network, NetworkShape
from stacks.application import Site
from stacks.second_brain.settings import SecondBrainSettings

POSTGRES = 5432


class NetworkStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, *, site: Site[SecondBrainSettings]) -> None:
        super().__init__(scope, construct_id, description="Second Brain: network")
        self.network = Network(self, "Network", shape=_shape(site))
        self.database_group = self.network.database_group("DatabaseGroup", port=POSTGRES)
        self.placement = Placement(
            vpc=self.network.vpc,
            subnets=self.network.private,
            security_group=self.network.function_group,
        )
        self.vpc_id = CfnOutput(self, "VpcId", value=self.network.vpc.vpc_id)


def _shape(site: Site[SecondBrainSettings]) -> NetworkShape:
    return NetworkShape(
        name=site.names.of("second-brain-vpc"),
        cidr=site.settings.vpc_cidr,
        zones=site.environment.availability_zones[: site.settings.zones],
        nat_gateways=site.settings.nat_gateways,
        endpoints={
            "SecretsManager": ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
            "BedrockRuntime": ec2.InterfaceVpcEndpointAwsService.BEDROCK_RUNTIME,
        },
    )
