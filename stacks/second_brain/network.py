"""The network of Second Brain."""

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from stacks.application import Site
from stacks.second_brain.settings import SecondBrainSettings


class NetworkStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, *, site: Site[SecondBrainSettings]) -> None:
        super().__init__(scope, construct_id, description="Second Brain: network")
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(site.settings.vpc_cidr),
            availability_zones=list(site.environment.availability_zones[: site.settings.zones]),
            nat_gateways=site.settings.nat_gateways,
        )
        self.vpc_id = CfnOutput(self, "VpcId", value=self.vpc.vpc_id)
