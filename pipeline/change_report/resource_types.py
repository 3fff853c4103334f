"""What is known about resource types: which hold data, and which property changes replace them.

Replacement behaviour is read from the CloudFormation registry schemas that cfn-lint ships, so it
needs no network and ages with a pinned dependency.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from cfnlint.schema import (  # type: ignore[import-untyped]
    PROVIDER_SCHEMA_MANAGER,
    ResourceNotFoundError,
)

HOLDS_DATA = frozenset(
    {
        "AWS::Backup::BackupVault",
        "AWS::BedrockAgentCore::Memory",
        "AWS::Cassandra::Table",
        "AWS::CloudTrail::EventDataStore",
        "AWS::Cognito::IdentityPool",
        "AWS::Cognito::UserPool",
        "AWS::DocDB::DBCluster",
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::EC2::Volume",
        "AWS::ECR::Repository",
        "AWS::EFS::FileSystem",
        "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::ElastiCache::ServerlessCache",
        "AWS::FSx::FileSystem",
        "AWS::KMS::Key",
        "AWS::Kinesis::Stream",
        "AWS::Logs::LogGroup",
        "AWS::MemoryDB::Cluster",
        "AWS::MSK::Cluster",
        "AWS::Neptune::DBCluster",
        "AWS::OpenSearchServerless::Collection",
        "AWS::OpenSearchService::Domain",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::Redshift::Cluster",
        "AWS::S3::Bucket",
        "AWS::S3Tables::Table",
        "AWS::S3Vectors::Index",
        "AWS::S3Vectors::VectorBucket",
        "AWS::SQS::Queue",
        "AWS::SSM::Parameter",
        "AWS::SecretsManager::Secret",
        "AWS::Timestream::Table",
    }
)

CODE_PROPERTIES: Mapping[str, str] = {
    "AWS::BedrockAgentCore::Runtime": "AgentRuntimeArtifact",
    "AWS::ECS::TaskDefinition": "ContainerDefinitions",
    "AWS::Lambda::Function": "Code",
    "AWS::Lambda::LayerVersion": "Content",
    "AWS::StepFunctions::StateMachine": "DefinitionS3Location",
}
"""Where an asset's hash is the program itself; anywhere else a new hash alone means nothing."""

_ANY_REGION = "us-east-1"


@cache
def schema(resource_type: str) -> Mapping[str, Any]:
    """The registry schema; empty for custom and unknown types."""
    try:
        found: Mapping[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(
            _ANY_REGION, resource_type
        ).schema
    except ResourceNotFoundError:
        return {}
    return found


def replaces(resource_type: str, path: Sequence[str]) -> bool:
    """Whether changing this property always makes a new resource."""
    if resource_type.startswith("Custom::") or resource_type == "AWS::CloudFormation::CustomResource":
        return path[0] == "ServiceToken"
    return _listed(resource_type, "createOnlyProperties", path)


def may_replace(resource_type: str, path: Sequence[str]) -> bool:
    return _listed(resource_type, "conditionalCreateOnlyProperties", path)


def unordered(resource_type: str, path: Sequence[str]) -> bool:
    """Whether the list at this path is a set to AWS."""
    node = _node(resource_type, path)
    return node.get("insertionOrder") is False


def _listed(resource_type: str, key: str, path: Sequence[str]) -> bool:
    pointers = (pointer.split("/")[2:] for pointer in schema(resource_type).get(key, ()))
    return any(_overlap([part for part in pointer if part != "*"], path) for pointer in pointers)


def _overlap(pointer: Sequence[str], path: Sequence[str]) -> bool:
    shared = min(len(pointer), len(path))
    return list(pointer[:shared]) == list(path[:shared])


def _node(resource_type: str, path: Sequence[str]) -> Mapping[str, Any]:
    root = schema(resource_type)
    node: Mapping[str, Any] = root
    for part in path:
        node = _resolved(root, _items(root, node)).get("properties", {}).get(part, {})
    return _resolved(root, node)


def _items(root: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    resolved = _resolved(root, node)
    items: Mapping[str, Any] = resolved.get("items", resolved)
    return items if isinstance(items, dict) else {}


def _resolved(root: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = node.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/definitions/"):
        return node
    definition: Mapping[str, Any] = root.get("definitions", {}).get(
        reference.removeprefix("#/definitions/"), {}
    )
    return {**definition, **{key: value for key, value in node.items() if key != "$ref"}}
