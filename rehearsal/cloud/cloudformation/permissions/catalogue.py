"""The permissions that CloudFormation's handlers list, by resource type and operation.

`handler_permissions.json.gz` holds the `handlers` of CloudFormation's public resource schemas of August
2026, for 1,665 types; `python -m rehearsal.cloud.cloudformation.permissions.renew` makes it anew. 175
types list nothing: for those, `_UNLISTED` has what the service's documentation says, and where it has
nothing either, what the handler needs is unknown.
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
"""Types that CloudFormation keeps for itself."""


def permissions(type_name: str, operation: Operation) -> Sequence[str] | None:
    """Nothing where it is unknown what the type's handlers call."""
    operations = _all().get(type_name) or _UNLISTED.get(type_name)
    return None if operations is None else operations.get(operation, ())


def is_listed(type_name: str) -> bool:
    return type_name in NOTHING_TO_CALL or bool(_all().get(type_name) or type_name in _UNLISTED)


@cache
def _all() -> Mapping[str, Operations]:
    """Read at the first stack operation, in about 20 ms: the daemon's start does not wait for it."""
    found: Mapping[str, Operations] = json.loads(gzip.decompress(FILE.read_bytes()))
    return found
