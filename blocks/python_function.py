"""A Lambda function in Python: its own role, its own log group, nothing shared."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from blocks.function_assets import FunctionSource, asset_archive
from blocks.function_parts import Placement, function_logs, function_role, network_access, trace
from blocks.placeholder import function_code


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
        code = function_code(self, lambda: asset_archive(shape.source))
        log_group = function_logs(self)
        self.role = function_role(self, description=shape.description, log_group=log_group)
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            code=lambda_.Code.from_asset(str(code)),
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
        trace(self, function=self.function, role=self.role)
        if placement:
            self.function.node.add_dependency(network_access(self, role=self.role))
