"""Roles, projects and pipelines on the embedded AWS, for tests of builds through its API."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import boto3

from tests.patience import until

LOGS = "logs:*"


@dataclass(frozen=True, kw_only=True)
class Account:
    """One account of the embedded AWS, seen as its root."""

    session: boto3.session.Session
    number: str
    region: str

    def role(self, trusts: str, allows: Sequence[str] = (LOGS,), *, on: str = "*") -> str:
        """`trusts` is a service's name or an ARN."""
        iam, name = self.session.client("iam"), f"test-{uuid4().hex[:8]}"
        principal = {"AWS" if trusts.startswith("arn:") else "Service": trusts}
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        policy = {"Effect": "Allow", "Action": list(allows), "Resource": on}
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="allows", PolicyDocument=_document(policy))
        return str(arn)

    def project(self, buildspec: str, *, role: str | None = None, **settings: Any) -> str:
        name = f"demo-{uuid4().hex[:8]}"
        environment = {
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": settings.pop("variables", []),
        }
        source = {"type": "NO_SOURCE", **settings.pop("source", {}), "buildspec": buildspec}
        client: Any = self.session.client("codebuild")
        client.create_project(
            name=name,
            source=source,
            artifacts=settings.pop("artifacts", {"type": "NO_ARTIFACTS"}),
            environment=environment,
            serviceRole=role or self.role("codebuild.amazonaws.com"),
            **settings,
        )
        return name

    def bucket(self) -> str:
        s3, name = self.session.client("s3"), f"test-{uuid4().hex[:8]}"
        place: Any = {"LocationConstraint": self.region}
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=place)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def build(self, project: str, **overrides: Any) -> dict[str, Any]:
        client: Any = self.session.client("codebuild")
        return self.finished(client.start_build(projectName=project, **overrides)["build"]["id"])

    def finished(self, build_id: str) -> dict[str, Any]:
        until(lambda: bool(self._now(build_id)["buildComplete"]), "the build did not end")
        return self._now(build_id)

    def await_phase(self, build_id: str, phase: str) -> None:
        until(lambda: self._now(build_id)["currentPhase"] == phase, f"the build did not reach {phase}")

    def _now(self, build_id: str) -> dict[str, Any]:
        client: Any = self.session.client("codebuild")
        [build] = client.batch_get_builds(ids=[build_id])["builds"]
        return dict(build)

    def log(self, build: Mapping[str, Any]) -> list[str]:
        """What CloudWatch Logs has of the commands' own output."""
        found = self.session.client("logs").get_log_events(
            logGroupName=build["logs"]["groupName"],
            logStreamName=build["logs"]["streamName"],
            startFromHead=True,
        )
        lines = [event["message"] for event in found["events"]]
        return [line for line in lines if not line.startswith("[Container]")]


def zipped(**files: str) -> bytes:
    """Names use `__` for a slash and `_` before the ending for its dot."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return made.getvalue()


def commands(*lines: str, more: str = "") -> str:
    listed = "".join(f"      - {json.dumps(line)}\n" for line in lines)
    return f"version: 0.2\nphases:\n  build:\n    commands:\n{listed}{more}"


def failed_phase(build: Mapping[str, Any]) -> tuple[str, str, str]:
    phase = next(item for item in build["phases"] if item.get("phaseStatus") not in ("SUCCEEDED", None))
    context = phase["contexts"][0]
    return phase["phaseType"], context["statusCode"], context["message"]


def _document(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
