"""The ARN of a resource that a stack creates, updates or deletes, as far as the request determines it.

A name that CloudFormation generates starts with the stack's name or the logical id. A placeholder for its end
is enough, because policies that grant by pattern contain the start. A log group has two forms of ARN, and a
policy may grant either, so its ARN counts as undetermined.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_UNKNOWN_END = "XXXXXXXXXXXX"


@dataclass(frozen=True, kw_only=True)
class Place:
    account: str
    region: str
    stack: str
    logical_id: str
    roles: Mapping[str, str] = field(default_factory=dict)
    """ARNs of roles by name, because a name does not contain the path."""
    boundaries: Mapping[str, str | None] = field(default_factory=dict)
    """Permissions boundaries of roles by name, None for a role without one."""

    def role_arn(self, name: str) -> str:
        return self.roles.get(name) or f"arn:aws:iam::{self.account}:role/{name}"


@dataclass(frozen=True)
class _Named:
    pattern: str
    name: str
    """The property that contains the name."""
    longest: int = 128
    lowercase: bool = False
    made_up: str = "{stack}-{logical_id}-"
    """The start of the name that CloudFormation generates if the template gives none."""


_NAMED: Mapping[str, _Named] = {
    "AWS::BedrockAgentCore::Runtime": _Named(
        "arn:aws:bedrock-agentcore:{region}:{account}:runtime/{name}-XXXXXXXXXX", "AgentRuntimeName"
    ),
    "AWS::CloudWatch::Alarm": _Named("arn:aws:cloudwatch:{region}:{account}:alarm:{name}", "AlarmName", 255),
    "AWS::CodeBuild::Project": _Named(
        "arn:aws:codebuild:{region}:{account}:project/{name}", "Name", 255, made_up="{logical_id}-"
    ),
    "AWS::CodePipeline::Pipeline": _Named("arn:aws:codepipeline:{region}:{account}:{name}", "Name", 100),
    "AWS::DynamoDB::Table": _Named("arn:aws:dynamodb:{region}:{account}:table/{name}", "TableName", 255),
    "AWS::ECR::Repository": _Named(
        "arn:aws:ecr:{region}:{account}:repository/{name}", "RepositoryName", 256, lowercase=True
    ),
    "AWS::ECS::Cluster": _Named("arn:aws:ecs:{region}:{account}:cluster/{name}", "ClusterName", 255),
    "AWS::Events::EventBus": _Named("arn:aws:events:{region}:{account}:event-bus/{name}", "Name"),
    "AWS::IAM::InstanceProfile": _Named(
        "arn:aws:iam::{account}:instance-profile{Path}{name}", "InstanceProfileName"
    ),
    "AWS::IAM::ManagedPolicy": _Named("arn:aws:iam::{account}:policy{Path}{name}", "ManagedPolicyName"),
    "AWS::IAM::Role": _Named("arn:aws:iam::{account}:role{Path}{name}", "RoleName", 64),
    "AWS::IAM::User": _Named("arn:aws:iam::{account}:user{Path}{name}", "UserName", 64),
    "AWS::Kinesis::Stream": _Named("arn:aws:kinesis:{region}:{account}:stream/{name}", "Name"),
    "AWS::Lambda::Function": _Named("arn:aws:lambda:{region}:{account}:function:{name}", "FunctionName", 64),
    "AWS::Location::PlaceIndex": _Named("arn:aws:geo:{region}:{account}:place-index/{name}", "IndexName"),
    "AWS::RDS::DBCluster": _Named(
        "arn:aws:rds:{region}:{account}:cluster:{name}", "DBClusterIdentifier", 63, lowercase=True
    ),
    "AWS::RDS::DBInstance": _Named(
        "arn:aws:rds:{region}:{account}:db:{name}", "DBInstanceIdentifier", 63, lowercase=True
    ),
    "AWS::RDS::DBSubnetGroup": _Named(
        "arn:aws:rds:{region}:{account}:subgrp:{name}", "DBSubnetGroupName", 255, lowercase=True
    ),
    "AWS::S3::Bucket": _Named("arn:aws:s3:::{name}", "BucketName", 63, lowercase=True),
    "AWS::SecretsManager::Secret": _Named(
        "arn:aws:secretsmanager:{region}:{account}:secret:{name}-XXXXXX", "Name", 512, made_up="{logical_id}-"
    ),
    "AWS::SNS::Topic": _Named("arn:aws:sns:{region}:{account}:{name}", "TopicName", 256),
    "AWS::SQS::Queue": _Named("arn:aws:sqs:{region}:{account}:{name}", "QueueName", 80),
    "AWS::SSM::Parameter": _Named(
        "arn:aws:ssm:{region}:{account}:parameter/{name}", "Name", 1011, made_up="CFN-{logical_id}-"
    ),
    "AWS::StepFunctions::StateMachine": _Named(
        "arn:aws:states:{region}:{account}:stateMachine:{name}",
        "StateMachineName",
        80,
        made_up="{logical_id}-",
    ),
}
_OF_ANOTHER: Mapping[str, str] = {
    "AWS::Lambda::Permission": "FunctionName",
    "AWS::Lambda::Url": "TargetFunctionArn",
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SecretsManager::RotationSchedule": "SecretId",
    "AWS::SecretsManager::SecretTargetAttachment": "SecretId",
    "AWS::SNS::Subscription": "TopicArn",
}
"""Types that are part of another resource, with the property that names that resource."""
_OTHERS_PREFIX: Mapping[str, str] = {
    "AWS::Lambda::Permission": "arn:aws:lambda:{region}:{account}:function:",
    "AWS::S3::BucketPolicy": "arn:aws:s3:::",
}


def resource_arn(
    type_name: str, properties: Mapping[str, Any], place: Place, *, physical_id: str = ""
) -> str | None:
    """None if the request does not determine it."""
    if type_name in _OF_ANOTHER:
        return _of_another(type_name, properties, place)
    if physical_id.startswith("arn:"):
        return physical_id
    named = _NAMED.get(type_name)
    if named is None:
        return None
    # The physical id of a queue is its URL.
    name = physical_id.rpartition("/")[2] if physical_id.startswith("http") else physical_id
    return _filled(named, properties, place, name or _name(named, properties, place))


def _name(named: _Named, properties: Mapping[str, Any], place: Place) -> str:
    given = properties.get(named.name)
    if given:
        return str(given)
    begin = named.made_up.format(stack=place.stack, logical_id=place.logical_id)
    made = begin[: named.longest - len(_UNKNOWN_END)] + _UNKNOWN_END
    return made.lower() if named.lowercase else made


def _filled(named: _Named, properties: Mapping[str, Any], place: Place, name: str) -> str:
    return named.pattern.format(
        region=place.region,
        account=place.account,
        name=name.removeprefix("/"),
        Path=str(properties.get("Path", "/")),
    )


def _of_another(type_name: str, properties: Mapping[str, Any], place: Place) -> str | None:
    named = str(properties.get(_OF_ANOTHER[type_name], ""))
    if named.startswith("arn:"):
        return named
    prefix = _OTHERS_PREFIX.get(type_name)
    if prefix is None or not named:
        return None
    return prefix.format(region=place.region, account=place.account) + named
