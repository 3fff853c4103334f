"""The policies that a project's accounts are bootstrapped with, if it has any.

`cdk bootstrap` attaches the given policies to CloudFormation's role, and administrator rights without any,
with which a missing grant is never detected. A permissions boundary that the templates name must exist too,
or its roles may do nothing. All are updated before each rehearsal, and exactly the given policies are
attached to the role, so that a change of the files needs no new bootstrap.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.conductor.problems import Problem
from rehearsal.daemon import client
from rehearsal.home import Endpoint

if TYPE_CHECKING:
    from mypy_boto3_iam.client import IAMClient

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_EXECUTION_ROLE = re.compile(r"cdk-[a-z0-9]+-cfn-exec-role-.+")


@dataclass(frozen=True, kw_only=True)
class ManagedPolicy:
    name: str
    document: str

    @classmethod
    def of(cls, file: Path) -> "ManagedPolicy":
        try:
            document = json.dumps(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise Problem(
                f"{file} is not an IAM policy: {error}", remedy="name a file with an IAM policy as JSON"
            ) from error
        return cls(name=file.stem.replace("_", "-"), document=document)

    def put(self, endpoint: Endpoint, *, account: str) -> str:
        """Create or update the managed policy from the file; returns its ARN."""
        iam: IAMClient = client.session(endpoint, account=account).client("iam")
        arn = f"arn:aws:iam::{account}:policy/{self.name}"
        if arn not in _customer_policies(iam):
            return iam.create_policy(PolicyName=self.name, PolicyDocument=self.document)["Policy"]["Arn"]
        for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=self.document, SetAsDefault=True)
        return arn


@dataclass(frozen=True, kw_only=True)
class BootstrapPolicies:
    execution: tuple[ManagedPolicy, ...] = ()
    """Of CloudFormation's role; none means administrator rights."""
    boundaries: tuple[ManagedPolicy, ...] = ()
    """For the roles of the templates; nothing is attached to them here."""

    @classmethod
    def of(cls, *, execution: Iterable[Path], boundaries: Iterable[Path]) -> "BootstrapPolicies":
        return cls(
            execution=tuple(map(ManagedPolicy.of, execution)),
            boundaries=tuple(map(ManagedPolicy.of, boundaries)),
        )

    def put(self, endpoint: Endpoint, *, account: str) -> tuple[str, ...]:
        """Create or update them all; returns the ARNs for CloudFormation's role."""
        for boundary in self.boundaries:
            boundary.put(endpoint, account=account)
        return tuple(policy.put(endpoint, account=account) for policy in self.execution) or (ADMINISTRATOR,)

    def renew(self, endpoint: Endpoint, *, account: str) -> None:
        """Do what a new bootstrap of the account would; without policies, leave its role as it is."""
        wanted = self.put(endpoint, account=account)
        if self.execution:
            iam: IAMClient = client.session(endpoint, account=account).client("iam")
            for role in _roles_of_cloudformation(iam):
                _attach_exactly(iam, role, wanted)


def _roles_of_cloudformation(iam: "IAMClient") -> list[str]:
    """One for each bootstrapped region."""
    pages = iam.get_paginator("list_roles").paginate()
    names = [role["RoleName"] for page in pages for role in page["Roles"]]
    return [name for name in names if _EXECUTION_ROLE.fullmatch(name)]


def _attach_exactly(iam: "IAMClient", role: str, wanted: Iterable[str]) -> None:
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
    attached = {policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]}
    for arn in sorted(set(wanted) - attached):
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    for arn in sorted(attached - set(wanted)):
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)


def _customer_policies(iam: "IAMClient") -> set[str]:
    pages = iam.get_paginator("list_policies").paginate(Scope="Local")
    return {policy["Arn"] for page in pages for policy in page["Policies"]}
