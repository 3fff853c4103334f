"""What a function has whatever its language: a place in a network, a role of its own, a log group."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from blocks.waivers import acknowledge

NETWORK_INTERFACES = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)
TRACES = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where in a network a function stands."""

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection
    security_group: ec2.ISecurityGroup

    @property
    def subnet_ids(self) -> list[str]:
        return self.vpc.select_subnets(subnet_group_name=self.subnets.subnet_group_name).subnet_ids


def function_logs(scope: Construct) -> logs.LogGroup:
    """Named by CloudFormation and removed with its function, so that it never blocks a new one."""
    return logs.LogGroup(
        scope,
        "Logs",
        retention=logs.RetentionDays.TWO_WEEKS,
        removal_policy=RemovalPolicy.DESTROY,
    )


def function_role(scope: Construct, *, description: str, log_group: logs.LogGroup) -> iam.Role:
    role = iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        description=description,
    )
    log_group.grant_write(role)
    return role


def service_access(
    scope: Construct, construct_id: str, *, role: iam.IRole, actions: Sequence[str], reason: str
) -> iam.Policy:
    """Actions that AWS grants on everything or not at all, in a policy that holds nothing else."""
    policy = iam.Policy(scope, construct_id, roles=[role])
    policy.add_statements(iam.PolicyStatement(actions=list(actions), resources=["*"]))
    acknowledge(policy, {"AwsSolutions-IAM5[Resource::*]": reason})
    return policy


def trace(scope: Construct, *, function: lambda_.Function, role: iam.IRole) -> None:
    """Not by the construct's own property, which hides the wildcard in the role's other policy."""
    service_access(
        scope,
        "Tracing",
        role=role,
        actions=TRACES,
        reason="X-Ray knows no resources: whoever may send traces may send them for the account",
    )
    resource = function.node.default_child
    if isinstance(resource, lambda_.CfnFunction):
        resource.tracing_config = lambda_.CfnFunction.TracingConfigProperty(mode="Active")


def network_access(scope: Construct, *, role: iam.IRole) -> iam.Policy:
    """Needed before the function is made, and until its last interface is gone."""
    return service_access(
        scope,
        "NetworkInterfaces",
        role=role,
        actions=NETWORK_INTERFACES,
        reason="Lambda places the function in its subnets with these calls and refuses a role that may "
        "make them on named resources only",
    )
