"""What the account of an environment has been bootstrapped with, against what the commit's policies say.

Policies are read as the lookup role, which may read everything but secrets.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from blocks.naming import BOUNDARY
from pipeline.permissions import kept
from pipeline.permissions.policies import Policy, merged, policy, read
from pipeline.permissions.policies import lacking as lacks
from pipeline.permissions.roles import EXECUTION

if TYPE_CHECKING:
    from mypy_boto3_iam.client import IAMClient

_HALF = re.compile(r"\d+$")
"""A statement that is too long for one managed policy is numbered in each."""


def lacking(environment: str, session: boto3.session.Session, folder: Path = kept.FOLDER) -> list[str]:
    """A line for each permission that `make bootstrap` still has to bring to the environment's account."""
    wanted = kept.load(environment, folder)
    if wanted is None:
        return [f"{environment}: there is no policy for it; run make execution-policy"]
    account = session.client("sts").get_caller_identity()["Account"]
    iam: IAMClient = session.client("iam")
    try:
        execution = _together(_execution(iam, account))
        limit = _together(_documents(iam, account, BOUNDARY))
    except ClientError as error:
        return [f"{environment}: its account does not say what it was bootstrapped with: {error}"]
    return [
        *(f"{environment}: execution policy: {line}" for line in lacks(execution, wanted.execution)),
        *(f"{environment}: boundary: {line}" for line in lacks(limit, wanted.boundary)),
    ]


def _execution(iam: "IAMClient", account: str) -> Iterator[Any]:
    for number in count(1):
        found = list(_documents(iam, account, f"{EXECUTION}-{number}"))
        if not found:
            return
        yield from found


def _documents(iam: "IAMClient", account: str, name: str) -> Iterator[Any]:
    """One, or none where the account has no such policy."""
    arn = f"arn:aws:iam::{account}:policy/{name}"
    try:
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    except iam.exceptions.NoSuchEntityException:
        return
    yield iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def _together(documents: Iterator[Any]) -> Policy:
    return merged(
        policy([replace(statement, sid=_HALF.sub("", statement.sid))])
        for document in documents
        for statement in read(document).values()
    )
