"""A Lambda function in Python: its own role, its own log group, nothing shared."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from blocks.function_assets import FunctionSource, asset_folder
from blocks.waivers import acknowledge

_NETWORK_INTERFACES = [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
]


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where in a network a function stands."""

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection
    security_group: ec2.ISecurityGroup


@dataclass(frozen=True, kw_only=True)
class PythonFunctionShape:
    source: FunctionSource
    entry: str
    """`module.function`, as Lambda calls it."""
    description: str
    timeout_seconds: int = 30
    memory_mb: int = 256
    environment: Mapping[str, str] = field(default_factory=dict)
    placement: Placement | None = None


class PythonFunction(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, shape: PythonFunctionShape) -> None:
        super().__init__(scope, construct_id)
        placement = shape.placement
        log_group = logs.LogGroup(
            self,
            "Logs",
            retention=logs.RetentionDays.TWO_WEEKS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = self._role(shape, log_group)
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            code=lambda_.Code.from_asset(str(asset_folder(shape.source))),
            handler=shape.entry,
            description=shape.description,
            timeout=Duration.seconds(shape.timeout_seconds),
            memory_size=shape.memory_mb,
            environment=dict(shape.environment),
            role=self.role,
            log_group=log_group,
            vpc=placement.vpc if placement else None,
            vpc_subnets=placement.subnets if placement else None,
            security_groups=[placement.security_group] if placement else None,
        )
        if placement:
            self.function.node.add_dependency(self._network_interfaces())

    def _role(self, shape: PythonFunctionShape, log_group: logs.LogGroup) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=shape.description,
        )
        log_group.grant_write(role)
        return role

    def _network_interfaces(self) -> iam.Policy:
        """Needed before the function is made, and until its last interface is gone."""
        policy = iam.Policy(self, "NetworkInterfaces", roles=[self.role])
        policy.add_statements(iam.PolicyStatement(actions=_NETWORK_INTERFACES, resources=["*"]))
        acknowledge(
            policy,
            {
                "AwsSolutions-IAM5[Resource::*]": "Lambda places the function in its subnets with these "
                "calls and refuses a role that may make them on named resources only",
            },
        )
        return policy
