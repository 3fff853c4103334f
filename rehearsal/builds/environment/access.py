"""A build's access to the embedded AWS with its project's service role."""

import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import boto3
from botocore.exceptions import ClientError

from rehearsal.builds.buildspec.model import SecretReference
from rehearsal.builds.environment.credentials import TemporaryKey
from rehearsal.builds.running.phases import PhaseError
from rehearsal.emulator.environment import AccessKey
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.sessions import LocalSession

_SERVICE = "codebuild.amazonaws.com"
_PARAMETERS_AT_ONCE = 10


@dataclass(frozen=True, kw_only=True)
class ServiceRole:
    """`heard` is called with each access key that the build's commands receive."""

    cloud: Cloud
    arn: str
    region: str
    heard: Callable[[str], None] = lambda _: None
    _own: list[boto3.session.Session] = field(default_factory=list)

    @property
    def session(self) -> boto3.session.Session:
        """For CodeBuild's own calls: logs, sources, variables, artifacts."""
        if not self._own:
            key = self._assume()
            access = AccessKey(key_id=key.key_id, secret=key.secret, token=key.token)
            self._own.append(
                LocalSession(endpoint_url=self.cloud.endpoint_url, region=self.region, key=access)
            )
        return self._own[0]

    def hand_out(self) -> TemporaryKey:
        """New credentials for the commands of the build."""
        key = self._assume()
        self.heard(key.key_id)
        return key

    def check_trust(self) -> None:
        """Check the role's trust policy here, because the embedded AWS lets a service assume any role."""
        try:
            role = self._root("iam").get_role(RoleName=self.arn.rpartition("/")[2])["Role"]
        except ClientError as error:
            raise _denied(f"the service role {self.arn} does not exist") from error
        if self.cloud.enforces_iam and not _trusts_codebuild(role["AssumeRolePolicyDocument"]):
            raise _denied(f"CodeBuild is not authorized to perform: sts:AssumeRole on {self.arn}")

    def _assume(self) -> TemporaryKey:
        answer = self.cloud.assume_as_service(
            self.arn, region=self.region, session_name=f"AWSCodeBuild-{uuid.uuid4()}", seconds=3600
        )
        return TemporaryKey(
            key_id=answer["AccessKeyId"],
            secret=answer["SecretAccessKey"],
            token=answer["SessionToken"],
            expires=answer["Expiration"],
        )

    def _root(self, service: str) -> Any:
        account = self.arn.split(":")[4]
        return self.cloud.session(account=account, region=self.region).client(service)  # type: ignore[call-overload]


@dataclass(frozen=True, kw_only=True)
class RoleVariableStores:
    """Parameter Store and Secrets Manager, with the service role's permissions."""

    session: boto3.session.Session

    def parameters(self, names: Sequence[str]) -> Mapping[str, str]:
        client = self.session.client("ssm")
        found: dict[str, str] = {}
        for start in range(0, len(names), _PARAMETERS_AT_ONCE):
            wanted = list(names[start : start + _PARAMETERS_AT_ONCE])
            answer = _allowed(partial(client.get_parameters, Names=wanted, WithDecryption=True))
            for item in answer["Parameters"]:
                found |= {name: item["Value"] for name in wanted if _names(name, item)}
        return found

    def secret(self, reference: SecretReference) -> str:
        client = self.session.client("secretsmanager")
        arguments = {
            "SecretId": reference.secret_id,
            "VersionStage": reference.version_stage,
            "VersionId": reference.version_id,
        }
        given: Any = {name: value for name, value in arguments.items() if value}
        try:
            return str(client.get_secret_value(**given)["SecretString"])
        except ClientError as error:
            details = error.response["Error"]
            raise LookupError(f"{details.get('Code')}: {details.get('Message')}") from error


def _names(name: str, item: Mapping[str, Any]) -> bool:
    """Whether `name` (a name, name and version, or ARN) refers to the parameter."""
    return item["Name"] in (name, name.partition(":")[0]) or name == item.get("ARN")


def _allowed(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except ClientError as error:
        details = error.response["Error"]
        raise PhaseError(
            "Decrypted Variables Error", f"{details.get('Code')}: {details.get('Message')}"
        ) from error


def _trusts_codebuild(document: Any) -> bool:
    policy = json.loads(document) if isinstance(document, str) else document
    statements = policy["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal") or {}
        services = "*" if principal == "*" else principal.get("Service", ())
        named = (services,) if isinstance(services, str) else tuple(services)
        if statement["Effect"] == "Allow" and any(
            re.fullmatch(r"\*|" + re.escape(_SERVICE), it) for it in named
        ):
            return True
    return False


def _denied(message: str) -> PhaseError:
    return PhaseError("ACCESS_DENIED", message)
