"""The permissions that CloudFormation's handlers list, by resource type and operation.

`handler_permissions.json.gz` contains the `handlers` of CloudFormation's public resource schemas of August
2026, for 1,665 types; `python -m rehearsal.cloud.cloudformation.permissions.renew` generates it. 175 types
list nothing: for those `_UNLISTED` has the permissions from the service's documentation. If that has none
either, the handler's permissions are unknown.
"""

import gzip
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("handler_permissions.json.gz")

Operations = Mapping[str, Sequence[str]]


class Operation(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


_UNLISTED: Mapping[str, Operations] = {
    "AWS::CodeBuild::Project": {
        "create": ["codebuild:CreateProject", "iam:PassRole"],
        "update": ["codebuild:UpdateProject", "iam:PassRole"],
        "delete": ["codebuild:DeleteProject"],
    },
    "AWS::CodeCommit::Repository": {
        "create": ["codecommit:CreateRepository", "codecommit:TagResource"],
        "delete": ["codecommit:DeleteRepository"],
    },
    "AWS::IAM::AccessKey": {
        "create": ["iam:CreateAccessKey"],
        "update": ["iam:UpdateAccessKey"],
        "delete": ["iam:DeleteAccessKey"],
    },
    "AWS::Route53::RecordSet": {
        "create": ["route53:ChangeResourceRecordSets"],
        "update": ["route53:ChangeResourceRecordSets"],
        "delete": ["route53:ChangeResourceRecordSets"],
    },
}
NOTHING_TO_CALL = frozenset(
    {
        "AWS::CDK::Metadata",
        "AWS::CloudFormation::WaitCondition",
        "AWS::CloudFormation::WaitConditionHandle",
    }
)
"""Types that CloudFormation implements itself."""


def permissions(type_name: str, operation: Operation) -> Sequence[str] | None:
    """The permissions, or None if the calls of the type's handlers are unknown."""
    operations = _all().get(type_name) or _UNLISTED.get(type_name)
    return None if operations is None else operations.get(operation, ())


def is_listed(type_name: str) -> bool:
    return type_name in NOTHING_TO_CALL or bool(_all().get(type_name) or type_name in _UNLISTED)


@cache
def _all() -> Mapping[str, Operations]:
    """Read at the first stack operation, which takes about 20 ms, so as not to delay the daemon's start."""
    found: Mapping[str, Operations] = json.loads(gzip.decompress(FILE.read_bytes()))
    return found
