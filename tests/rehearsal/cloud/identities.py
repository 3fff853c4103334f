"""Roles, users and functions with exactly the grants of one test."""

import json
from dataclasses import dataclass
from typing import Any

import boto3

from rehearsal.daemon import client
from tests.rehearsal.cloud.stacks import zipped


def allow(*what: str) -> dict[str, Any]:
    """Actions, and resources where an argument is an ARN."""
    resources = [name for name in what if name.startswith("arn:")]
    actions = [name for name in what if not name.startswith("arn:")]
    return {"Effect": "Allow", "Action": actions, "Resource": resources or "*"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(service: str) -> str:
    principal = {"Service": f"{service}.amazonaws.com"}
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


@dataclass(frozen=True, kw_only=True)
class Identities:
    """What it makes stands in the place of what it made by the same name before."""

    aws: boto3.session.Session

    def role(self, name: str, service: str, *statements: dict[str, Any], boundary: str | None = None) -> str:
        iam = self.aws.client("iam")
        limit: Any = {"PermissionsBoundary": boundary} if boundary else {}
        try:
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service), **limit)
        except iam.exceptions.EntityAlreadyExistsException:
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust(service))
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="grants", PolicyDocument=document(*statements))
        return iam.get_role(RoleName=name)["Role"]["Arn"]

    def policy(self, name: str, *statements: dict[str, Any]) -> str:
        made = self.aws.client("iam").create_policy(PolicyName=name, PolicyDocument=document(*statements))
        return made["Policy"]["Arn"]

    def user(
        self, name: str, *statements: dict[str, Any], boundary: str | None = None
    ) -> client.LocalSession:
        iam = self.aws.client("iam")
        limit: Any = {"PermissionsBoundary": boundary} if boundary else {}
        iam.create_user(UserName=name, **limit)
        iam.put_user_policy(UserName=name, PolicyName="grants", PolicyDocument=document(*statements))
        made = iam.create_access_key(UserName=name)["AccessKey"]
        return self._session(client.AccessKey(key_id=made["AccessKeyId"], secret=made["SecretAccessKey"]))

    def assume(self, role: str, *, policy: dict[str, Any] | None = None) -> client.LocalSession:
        limit: Any = {"Policy": document(policy)} if policy else {}
        lent = self.aws.client("sts").assume_role(RoleArn=role, RoleSessionName="test", **limit)[
            "Credentials"
        ]
        return self._session(
            client.AccessKey(
                key_id=lent["AccessKeyId"], secret=lent["SecretAccessKey"], token=lent["SessionToken"]
            )
        )

    def _session(self, key: client.AccessKey) -> client.LocalSession:
        endpoint: str = self.aws.endpoint_url  # type: ignore[attr-defined]
        return client.LocalSession(endpoint_url=endpoint, region="eu-west-1", key=key)

    def function(self, name: str, code: str, *statements: dict[str, Any]) -> str:
        """With a role of its own that is granted these."""
        role = self.role(f"of-{name}", "lambda", *(statements or (allow("logs:*"),)))
        made = self.aws.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.14",
            Role=role,
            Handler="index.handler",
            Code={"ZipFile": zipped({"index.py": code})},
            Timeout=30,
        )
        return made["FunctionArn"]
