"""Every call that CloudFormation's handlers may make for a resource of a template.

CloudFormation publishes them for each type. A handler also lists calls for options that no template here
uses, often of other services; `_OPTIONS` leaves them out unless a template sets the property. What is left is
an upper bound: AWS does not publish which of the calls a given set of properties needs.
"""

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from config.mistakes import DeliveryError

FILE = Path(__file__).parents[2] / "rehearsal/cloud/cloudformation/permissions/handler_permissions.json.gz"

_UNLISTED: Mapping[str, Sequence[str]] = {
    "AWS::CodeBuild::Project": (
        "codebuild:CreateProject",
        "codebuild:DeleteProject",
        "codebuild:UpdateProject",
        "iam:PassRole",
    ),
    "AWS::Route53::RecordSet": ("route53:ChangeResourceRecordSets", "route53:GetChange"),
}
"""Types whose handlers publish nothing, from the documentation of the service."""
_WITHOUT_CALLS = frozenset(
    {"AWS::CDK::Metadata", "AWS::CloudFormation::WaitCondition", "AWS::CloudFormation::WaitConditionHandle"}
)
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9]+")
"""Some handlers list `s3:REST.PUT.OBJECT`, which is no action of IAM."""


class UnknownTypeError(DeliveryError):
    """Nobody has published what CloudFormation calls for this type."""


@dataclass(frozen=True, kw_only=True)
class _Option:
    types: str
    actions: str
    properties: str
    """The calls are needed only where a resource has a property of this name, at any depth."""


_NEVER = r"(?!)"
_OPTIONS = (
    _Option(types=r"(?!AWS::KMS::).*", actions=r"kms:.*", properties=r".*(Kms|KMS|EncryptionKey).*"),
    _Option(types="AWS::S3::Bucket", actions=r"s3tables:.*", properties="Metadata(Table)?Configuration"),
    _Option(
        types="AWS::S3::Bucket",
        actions=r"s3:\w*Metadata\w*Table\w*",
        properties="Metadata(Table)?Configuration",
    ),
    _Option(
        types="AWS::Lambda::Function",
        actions=r"(elasticfilesystem|s3files):.*",
        properties="FileSystemConfigs",
    ),
    _Option(
        types="AWS::Lambda::Function",
        actions=r"lambda:(PassCapacityProvider|\w*FunctionScalingConfig)",
        properties="(CapacityProviderConfig|FunctionScalingConfig)",
    ),
    _Option(
        types="AWS::SecretsManager::SecretTargetAttachment",
        actions=r"(redshift|redshift-serverless|docdb-elastic):.*",
        properties=_NEVER,
    ),
    _Option(types="AWS::Logs::LogGroup", actions=r"(firehose|s3):.*", properties=_NEVER),
    _Option(types="AWS::Cognito::UserPoolDomain", actions=r"cloudfront:.*", properties="CustomDomainConfig"),
    _Option(
        types="AWS::EC2::VPCEndpoint",
        actions=r"(vpc-lattice|vpce):.*",
        properties="(ResourceConfigurationArn|ServiceNetworkArn|ServiceRegion)",
    ),
    _Option(
        types="AWS::DynamoDB::GlobalTable",
        actions=r"(application-autoscaling|cloudwatch):.*",
        properties=r"\w*AutoScalingSettings",
    ),
    _Option(
        types="AWS::DynamoDB::(Global)?Table", actions=r"kinesis:.*", properties="KinesisStreamSpecification"
    ),
    _Option(types="AWS::DynamoDB::Table", actions=r"(logs|s3):.*", properties="ImportSourceSpecification"),
    _Option(types="AWS::EC2::FlowLog", actions=r"(autoscaling|s3):.*", properties=_NEVER),
    _Option(types="AWS::BedrockAgentCore::Runtime", actions=r"vpc-lattice:.*", properties=_NEVER),
    _Option(types="AWS::ApiGateway::RestApi", actions=r"s3:.*", properties="BodyS3Location"),
    _Option(
        types="AWS::RDS::DBInstance", actions=r"secretsmanager:.*", properties="ManageMasterUserPassword"
    ),
    _Option(types=r".*", actions=r"iam:\w*(User|Group)Policy", properties=_NEVER),
    # Only the boundary of the bootstrap may be set, and it never goes.
    _Option(types=r".*", actions=r"iam:(DeleteRolePermissionsBoundary|PassRole)", properties=_NEVER),
)


def actions_of(type_name: str, properties: Mapping[str, Any]) -> frozenset[str]:
    """Without iam:PassRole, which follows from the roles (`roles`)."""
    if _is_custom(type_name):
        return frozenset({"lambda:InvokeFunction"})
    if type_name in _WITHOUT_CALLS:
        return frozenset()
    options = [option for option in _OPTIONS if re.fullmatch(option.types, type_name)]
    unused = [option for option in options if not _has(properties, option.properties)]
    return frozenset(
        action
        for action in map(_plain, _listed(type_name))
        if _ACTION.fullmatch(action) and not any(re.fullmatch(option.actions, action) for option in unused)
    )


def _is_custom(type_name: str) -> bool:
    return type_name == "AWS::CloudFormation::CustomResource" or type_name.startswith("Custom::")


def _plain(action: str) -> str:
    service, _, call = action.partition(":")
    return f"{service.lower()}:{call}"


def _listed(type_name: str) -> Iterator[str]:
    operations = _all().get(type_name)
    if operations:
        for listed in operations.values():
            yield from listed
    elif type_name in _UNLISTED:
        yield from _UNLISTED[type_name]
    else:
        raise UnknownTypeError(
            f"it is not published what CloudFormation calls for {type_name}; "
            "add it to _UNLISTED in pipeline/permissions/catalogue.py"
        )


def _has(value: Any, pattern: str) -> bool:
    if isinstance(value, dict):
        return any(re.fullmatch(pattern, str(key)) or _has(item, pattern) for key, item in value.items())
    return isinstance(value, list) and any(_has(item, pattern) for item in value)


@cache
def _all() -> Mapping[str, Mapping[str, Sequence[str]]]:
    found: Mapping[str, Mapping[str, Sequence[str]]] = json.loads(gzip.decompress(FILE.read_bytes()))
    return found
