"""The one role with which API Gateway writes logs, in a stack that owns it for its account and region.

`AWS::ApiGateway::Account` is a setting of the account, not a resource of a stack: whoever writes it
last wins, and deleting it with one environment would stop the logs of all others. So among the
environments that share an account and region the first delivered owns it, the others rely on it, and
nothing is deleted with the stack. A stage that logs cannot be created before the role is set.
"""

from aws_cdk import RemovalPolicy, Stack, Stage
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from constructs import Construct

from blocks.waivers import acknowledge

_MANAGED = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"


class GatewayLogsStack(Stack):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id, description="API Gateway's logs, for the whole account")
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            description="API Gateway's logs of every API in this account and region",
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(_MANAGED)],
        )
        role.apply_removal_policy(RemovalPolicy.RETAIN)
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        account.apply_removal_policy(RemovalPolicy.RETAIN)
        account.node.add_dependency(role)
        acknowledge(
            role,
            {
                f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{_MANAGED}]": "API "
                "Gateway refuses a role that may do less, and names its log groups itself",
            },
        )


class GatewayLogs:
    """Tells a stack with an API that it can rely on the account's logs, in one Stage."""

    def __init__(self, *, stage: Stage, owns: bool) -> None:
        self._stage = stage
        self._owns = owns
        self._owner: GatewayLogsStack | None = None

    def needed_by(self, stack: Stack) -> None:
        if not self._owns:
            return
        if self._owner is None:
            self._owner = GatewayLogsStack(self._stage, "EnvironmentGatewayLogs")
        stack.add_stack_dependency(self._owner)
