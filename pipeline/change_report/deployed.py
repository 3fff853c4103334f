"""Reads what is deployed, as the read-only lookup role of the environment's own account."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import boto3
import yaml
from botocore.exceptions import ClientError

from pipeline.assembly import AssemblyStack


@dataclass(kw_only=True)
class Deployed:
    """Templates by stack; one session for each role that is needed."""

    session: boto3.session.Session
    account: str
    region: str
    """The account and region that an environment without its own stands in."""
    _sessions: dict[str, boto3.session.Session] = field(default_factory=dict)

    def session_for(self, stack: AssemblyStack) -> boto3.session.Session:
        """Of the account and region of the stack, as its lookup role."""
        return self._as_lookup_role(stack, *self._place(stack))

    def template(self, stack: AssemblyStack) -> dict[str, Any] | None:
        """The template that the stack was last deployed with; None where there is no stack."""
        account, region = self._place(stack)
        cloudformation = self._as_lookup_role(stack, account, region).client(
            "cloudformation", region_name=region
        )
        try:
            body = cloudformation.get_template(StackName=stack.stack_name, TemplateStage="Original")
        except ClientError as error:
            if _says_that_it_is_missing(error):
                return None
            raise
        return _parsed(body["TemplateBody"])

    def _place(self, stack: AssemblyStack) -> tuple[str, str]:
        place = urlsplit(stack.environment)
        account, region = place.netloc, place.path.strip("/")
        return (
            self.account if account in ("", "unknown-account") else account,
            self.region if region in ("", "unknown-region") else region,
        )

    def _as_lookup_role(self, stack: AssemblyStack, account: str, region: str) -> boto3.session.Session:
        if stack.lookup_role is None:
            return self.session
        partition = self.session.get_partition_for_region(region)
        arn = _filled(stack.lookup_role, partition=partition, account=account, region=region)
        if arn not in self._sessions:
            self._sessions[arn] = self._assume(arn)
        return self._sessions[arn]

    def _assume(self, role_arn: str) -> boto3.session.Session:
        answer = self.session.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="change-report")
        credentials = answer["Credentials"]
        return boto3.session.Session(
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            region_name=self.region,
        )


def _filled(arn: str, *, partition: str, account: str, region: str) -> str:
    return (
        arn.replace("${AWS::Partition}", partition)
        .replace("${AWS::AccountId}", account)
        .replace("${AWS::Region}", region)
    )


def _says_that_it_is_missing(error: ClientError) -> bool:
    detail = error.response["Error"]
    return detail["Code"] == "ValidationError" and "does not exist" in detail["Message"]


def _parsed(body: str | Mapping[str, Any]) -> dict[str, Any]:
    """boto3 hands JSON templates over as objects and everything else as text."""
    if not isinstance(body, str):
        return dict(body)
    try:
        parsed: dict[str, Any] = json.loads(body)
    except ValueError:
        parsed = yaml.safe_load(body)
    return parsed
