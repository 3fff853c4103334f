"""An agent on Bedrock AgentCore, deployed as a zip of code, with the memory of its conversations.

AgentCore runs the zip's entry point in the network it is placed in and sends it HTTP on port 8080. The
role is assumed by AgentCore for this account only, and may do nothing but write the agent's own logs
and read its own code until it is granted more.

A runtime's and a memory's name are the only identifiers that AgentCore takes as given: letters, digits
and underscores, at most 48.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from blocks.function_assets import FunctionSource, asset_archive
from blocks.function_parts import Placement
from blocks.naming import Names
from blocks.placeholder import function_code
from blocks.waivers import acknowledge

LONGEST_NAME = 48
LOG_GROUPS = "/aws/bedrock-agentcore/runtimes"
ENDPOINT = "DEFAULT"
"""The endpoint that every runtime has, always at its newest version."""


@dataclass(frozen=True, kw_only=True)
class MemoryShape:
    name: str
    description: str
    days: int
    summaries: str
    """The namespace of the sessions' summaries."""


@dataclass(frozen=True, kw_only=True)
class AgentShape:
    name: str
    description: str
    source: FunctionSource
    entry: Sequence[str]
    environment: Mapping[str, str]
    placement: Placement
    idle: Duration


class AgentMemory(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, shape: MemoryShape) -> None:
        super().__init__(scope, construct_id)
        summary = agentcore.CfnMemory.SummaryMemoryStrategyProperty(
            name="session_summary", namespaces=[shape.summaries]
        )
        self._memory = agentcore.CfnMemory(
            self,
            "Memory",
            name=shape.name,
            description=shape.description,
            event_expiry_duration=shape.days,
            memory_strategies=[agentcore.CfnMemory.MemoryStrategyProperty(summary_memory_strategy=summary)],
        )
        self.id = self._memory.attr_memory_id

    @property
    def statement(self) -> iam.PolicyStatement:
        """Keep turns, recall them, and recall the summaries made of them."""
        return iam.PolicyStatement(
            actions=[
                "bedrock-agentcore:CreateEvent",
                "bedrock-agentcore:ListEvents",
                "bedrock-agentcore:RetrieveMemoryRecords",
            ],
            resources=[self._memory.attr_memory_arn],
        )


class AgentRuntime(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        shape: AgentShape,
        grants: Sequence[iam.PolicyStatement],
    ) -> None:
        super().__init__(scope, construct_id)
        archive = function_code(self, lambda: asset_archive(shape.source))
        code = assets.Asset(self, "Code", path=str(archive))
        self.role = iam.Role(
            self, "Role", assumed_by=self._agentcore(), description=f"What the agent {shape.name} may do"
        )
        policy = self._policy(shape, code, grants)
        self.runtime = self._runtime(shape, code)
        self.runtime.node.add_dependency(policy)
        self.arn = self.runtime.attr_agent_runtime_arn

    @property
    def invocation(self) -> iam.PolicyStatement:
        """For who asks the agent: the runtime, through its standing endpoint and no other."""
        return iam.PolicyStatement(
            actions=["bedrock-agentcore:InvokeAgentRuntime"],
            resources=[self.arn, f"{self.arn}/runtime-endpoint/{ENDPOINT}"],
        )

    def _agentcore(self) -> iam.IPrincipal:
        anything_here = f"arn:{Aws.PARTITION}:bedrock-agentcore:{Stack.of(self).region}:{Aws.ACCOUNT_ID}:*"
        return iam.ServicePrincipal("bedrock-agentcore.amazonaws.com").with_conditions(
            {
                "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                "ArnLike": {"aws:SourceArn": anything_here},
            }
        )

    def _policy(
        self, shape: AgentShape, code: assets.Asset, grants: Sequence[iam.PolicyStatement]
    ) -> iam.Policy:
        logs = f"arn:{Aws.PARTITION}:logs:{Stack.of(self).region}:{Aws.ACCOUNT_ID}:log-group:{LOG_GROUPS}"
        policy = iam.Policy(self, "Access", roles=[self.role])
        policy.add_statements(
            iam.PolicyStatement(
                actions=[
                    "logs:CreateLogGroup",
                    "logs:CreateLogStream",
                    "logs:DescribeLogStreams",
                    "logs:PutLogEvents",
                ],
                resources=[f"{logs}/{shape.name}-*"],
            ),
            iam.PolicyStatement(
                actions=["s3:GetObject"],
                resources=[code.bucket.arn_for_objects(code.s3_object_key)],
            ),
            *grants,
        )
        finding = f"AwsSolutions-IAM5[Resource::{_shown(logs, self)}/{shape.name}-*]"
        reason = "AgentCore adds an id of its own to the agent's name, and makes the log groups itself"
        acknowledge(policy, {finding: reason})
        return policy

    def _runtime(self, shape: AgentShape, code: assets.Asset) -> agentcore.CfnRuntime:
        runtime = agentcore.CfnRuntime
        placement = shape.placement
        source = runtime.S3LocationProperty(bucket=code.s3_bucket_name, prefix=code.s3_object_key)
        return runtime(
            self,
            "Runtime",
            agent_runtime_name=shape.name,
            description=shape.description,
            role_arn=self.role.role_arn,
            protocol_configuration="HTTP",
            agent_runtime_artifact=runtime.AgentRuntimeArtifactProperty(
                code_configuration=runtime.CodeConfigurationProperty(
                    code=runtime.CodeProperty(s3=source),
                    entry_point=list(shape.entry),
                    runtime="PYTHON_3_14",
                )
            ),
            network_configuration=runtime.NetworkConfigurationProperty(
                network_mode="VPC",
                network_mode_config=runtime.VpcConfigProperty(
                    security_groups=[placement.security_group.security_group_id],
                    subnets=placement.subnet_ids,
                ),
            ),
            lifecycle_configuration=runtime.LifecycleConfigurationProperty(
                idle_runtime_session_timeout=shape.idle.to_seconds()
            ),
            environment_variables=dict(shape.environment),
        )


def agent_name(names: Names, base: str) -> str:
    """`second_brain_swarm` with its environment, shortened to what AgentCore takes."""
    name = re.sub(r"[^A-Za-z0-9]", "_", names.of(base))
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: LONGEST_NAME - 9]}_{digest}"


def _shown(arn: str, scope: Construct) -> str:
    """As cdk-nag writes a resource that holds references."""
    resolved = Stack.of(scope).resolve(arn)
    parts = resolved["Fn::Join"][1] if isinstance(resolved, dict) else [resolved]
    return "".join(part if isinstance(part, str) else f"<{part['Ref']}>" for part in parts)
