"""The credentials of an action: roles are really assumed, so that IAM is evaluated.

CodePipeline assumes the pipeline's role as a service, and with it the role that an action names. The embedded
AWS lets a service assume any role that trusts any service, so the trust policy is checked here first. The
following steps are ordinary `AssumeRole` calls.
"""

import json
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rehearsal.emulator.environment import AccessKey
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.sessions import LocalSession
from rehearsal.model.definition import Pipeline

if TYPE_CHECKING:
    from mypy_boto3_sts.client import STSClient

SERVICE = "codepipeline.amazonaws.com"
_LIFETIME_SECONDS = 3_600
_REFRESH_AFTER_SECONDS = 1_800


@dataclass(frozen=True, kw_only=True)
class Credentials:
    key: AccessKey
    since: float

    @property
    def fresh(self) -> bool:
        return time.monotonic() - self.since < _REFRESH_AFTER_SECONDS


class CredentialCache:
    """Credentials of assumed roles for all pipelines, by role chain."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, ...], Credentials] = {}

    def of(self, pipeline: Pipeline, role_arn: str) -> AccessKey:
        chain = (pipeline.role_arn,) if role_arn == pipeline.role_arn else (pipeline.role_arn, role_arn)
        with self._lock:
            kept = self._kept.get((pipeline.account, *chain))
        if kept is None or not kept.fresh:
            kept = Credentials(key=self._assume(pipeline, role_arn), since=time.monotonic())
            with self._lock:
                self._kept[(pipeline.account, *chain)] = kept
        return kept.key

    def _assume(self, pipeline: Pipeline, role_arn: str) -> AccessKey:
        name = pipeline.name[:64].ljust(2, "-")
        if role_arn == pipeline.role_arn:
            self.require_trust(pipeline)
            answer = self.cloud.assume_as_service(
                role_arn, region=pipeline.region, session_name=name, seconds=_LIFETIME_SECONDS
            )
        else:
            session = self.session(self.of(pipeline, pipeline.role_arn), pipeline.region)
            sts: STSClient = session.client("sts")
            answer = sts.assume_role(
                RoleArn=role_arn, RoleSessionName=name, DurationSeconds=_LIFETIME_SECONDS
            )["Credentials"]
        return AccessKey(
            key_id=answer["AccessKeyId"], secret=answer["SecretAccessKey"], token=answer["SessionToken"]
        )

    def session(self, key: AccessKey, region: str) -> LocalSession:
        return LocalSession(endpoint_url=self.cloud.endpoint_url, region=region, key=key)

    def require_trust(self, pipeline: Pipeline) -> None:
        if not self.cloud.enforces_iam:
            return
        account, name = pipeline.role_arn.split(":")[4], pipeline.role_arn.split("/")[-1]
        iam: Any = self.cloud.session(account=account, region=pipeline.region).client("iam")
        try:
            document = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        except iam.exceptions.NoSuchEntityException as error:
            raise _denied(f"the pipeline's role {pipeline.role_arn} does not exist") from error
        statements = document if isinstance(document, dict) else json.loads(document)
        if not _trusts_service(statements):
            raise _denied(f"{SERVICE} is not trusted by the pipeline's role {pipeline.role_arn}")


class RoleSessions:
    """The `Sessions` port of one action. boto3 sessions are not thread-safe, so each thread has its own."""

    def __init__(self, cache: CredentialCache, pipeline: Pipeline) -> None:
        self._cache = cache
        self._pipeline = pipeline
        self._lock = threading.Lock()
        self._sessions: dict[tuple[AccessKey, str], LocalSession] = {}

    def assume(self, role_arn: str | None, *, region: str | None = None) -> LocalSession:
        key = self._cache.of(self._pipeline, role_arn or self._pipeline.role_arn)
        where = region or self._pipeline.region
        with self._lock:
            if (key, where) not in self._sessions:
                self._sessions[key, where] = self._cache.session(key, where)
            return self._sessions[key, where]


def _trusts_service(document: dict[str, Any]) -> bool:
    return any(
        statement.get("Effect") == "Allow"
        and SERVICE in _listed(statement.get("Principal", {}).get("Service"))
        and {"sts:AssumeRole", "sts:*", "*"} & set(_listed(statement.get("Action")))
        for statement in _listed(document.get("Statement"))
        if isinstance(statement.get("Principal"), dict)
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _denied(message: str) -> ClientError:
    """An AccessDenied error in the form of the other errors that an action receives."""
    return ClientError({"Error": {"Code": "AccessDenied", "Message": message}}, "AssumeRole")
