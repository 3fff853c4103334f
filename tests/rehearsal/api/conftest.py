"""A pipeline from S3 over an approval to S3, with a role of its own for each step."""

import io
import json
import uuid
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from rehearsal.home import Endpoint
from tests.patience import until

if TYPE_CHECKING:
    from mypy_boto3_codepipeline.client import CodePipelineClient


@dataclass(frozen=True, kw_only=True)
class Yard:
    """Everything a pipeline of these tests needs, with names of its own."""

    aws: boto3.session.Session
    endpoint: Endpoint
    tag: str

    @property
    def codepipeline(self) -> "CodePipelineClient":
        client: CodePipelineClient = self.aws.client("codepipeline")
        return client

    @property
    def name(self) -> str:
        return f"demo-{self.tag}"

    def role(self, kind: str) -> str:
        return f"arn:aws:iam::{self.endpoint.account}:role/{kind}-{self.tag}"

    def bucket(self, kind: str) -> str:
        return f"{kind}-{self.tag}"

    def declaration(self, **changes: Any) -> dict[str, Any]:
        source = action("Src", "Source", "S3", outputs=["Code"], namespace="Source@src")
        source["configuration"] = {
            "S3Bucket": self.bucket("source"),
            "S3ObjectKey": "src.zip",
            "PollForSourceChanges": "false",
        }
        copy = action("Copy", "Deploy", "S3", inputs=["Code"], runOrder=2, roleArn=self.role("deployer"))
        copy["configuration"] = {
            "BucketName": self.bucket("target"),
            "Extract": "true",
            "ObjectKey": "#{Source@src.VersionId}",
        }
        return {
            "name": self.name,
            "roleArn": self.role("pipeline"),
            "artifactStore": {"type": "S3", "location": self.bucket("artifacts")},
            "pipelineType": "V2",
            "executionMode": "QUEUED",
            "stages": [
                {"name": "Source", "actions": [source]},
                {"name": "Deploy", "actions": [action("Ok", "Approval", "Manual"), copy]},
            ],
            **changes,
        }

    def create(self, **changes: Any) -> None:
        declared: Any = self.declaration(**changes)
        self.codepipeline.create_pipeline(pipeline=declared)

    def start(self) -> str:
        return self.codepipeline.start_pipeline_execution(name=self.name)["pipelineExecutionId"]

    def execution(self, execution_id: str) -> dict[str, Any]:
        answer = self.codepipeline.get_pipeline_execution(
            pipelineName=self.name, pipelineExecutionId=execution_id
        )
        return dict(answer["pipelineExecution"])

    def wait(self, execution_id: str, status: str) -> dict[str, Any]:
        until(lambda: self.execution(execution_id)["status"] != "InProgress", "the execution did not end")
        found = self.execution(execution_id)
        assert found["status"] == status, found
        return found

    def stage_state(self, stage: str) -> dict[str, Any]:
        states = self.codepipeline.get_pipeline_state(name=self.name)["stageStates"]
        return next(dict(state) for state in states if state["stageName"] == stage)

    def token(self) -> str:
        def found() -> str:
            states = self.stage_state("Deploy")["actionStates"]
            return str(states[0].get("latestExecution", {}).get("token", ""))

        until(lambda: bool(found()), "no approval waits")
        return found()

    def answer(self, status: Any, token: str | None = None) -> None:
        self.codepipeline.put_approval_result(
            pipelineName=self.name,
            stageName="Deploy",
            actionName="Ok",
            result={"summary": "looked at it", "status": status},
            token=token or self.token(),
        )


def refused(call: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    found = error.value.response["Error"]
    return str(found["Code"]), str(found["Message"])


def action(
    name: str,
    category: str,
    provider: str,
    *,
    inputs: list[str] | None = None,
    outputs: list[str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    return {
        "name": name,
        "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"},
        "inputArtifacts": [{"name": found} for found in inputs or []],
        "outputArtifacts": [{"name": found} for found in outputs or []],
        **more,
    }


@pytest.fixture
def yard(cloud: Endpoint, aws: boto3.session.Session) -> Yard:
    return furnished(cloud, aws)


def furnished(cloud: Endpoint, aws: boto3.session.Session) -> Yard:
    found = Yard(aws=aws, endpoint=cloud, tag=uuid.uuid4().hex[:8])
    service, pipeline = {"Service": "codepipeline.amazonaws.com"}, {"AWS": found.role("pipeline")}
    buckets = [f"arn:aws:s3:::*-{found.tag}*", "arn:aws:kms:*:*:*"]
    _role(found, "pipeline", service, [_allow(["s3:*", "kms:*"], buckets), _allow(["sts:AssumeRole"], "*")])
    _role(found, "deployer", pipeline, [_allow(["s3:*", "kms:*"], buckets)])
    s3 = aws.client("s3")
    where: Any = {"LocationConstraint": cloud.region}
    for kind in ("source", "artifacts", "target"):
        s3.create_bucket(Bucket=found.bucket(kind), CreateBucketConfiguration=where)
    s3.put_bucket_versioning(Bucket=found.bucket("source"), VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=found.bucket("source"), Key="src.zip", Body=_zipped("hello.txt"))
    return found


def _role(yard: Yard, kind: str, principal: dict[str, str], statements: list[dict[str, Any]]) -> None:
    iam = yard.aws.client("iam")
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    name = f"{kind}-{yard.tag}"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document([trust]))
    iam.put_role_policy(RoleName=name, PolicyName="what", PolicyDocument=_document(statements))


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _allow(actions: list[str], resources: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def _zipped(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, "hello")
    return buffer.getvalue()
