"""A push and an upload start real executions of the engine in the daemon, and say so in the record."""

import json
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from rehearsal.home import Endpoint, Home
from rehearsal.record.record import Record
from rehearsal.record.views import Run
from rehearsal.sources.remote import connect, serve

ROLE_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:*", "sts:AssumeRole"], "Resource": "*"}],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "codepipeline.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


@pytest.fixture
def name() -> str:
    return f"demo-{uuid4().hex[:8]}"


@pytest.fixture
def parts(aws: boto3.session.Session, name: str) -> tuple[str, str]:
    """A pipeline role and an artifact bucket, versioned so that it can be an S3 source too."""
    iam, s3 = aws.client("iam"), aws.client("s3")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="artifacts", PolicyDocument=json.dumps(ROLE_POLICY))
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return role, name


def action(name: str, category: str, provider: str, configuration: Mapping[str, str], **more: Any) -> Any:
    kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": name, "actionTypeId": kind, "configuration": configuration, **more}


def create(aws: boto3.session.Session, name: str, parts: tuple[str, str], source: Any) -> None:
    deploy = {"BucketName": parts[1], "Extract": "true", "ObjectKey": "deployed"}
    copy = action("Copy", "Deploy", "S3", deploy, inputArtifacts=[{"name": "S"}])
    declared: Any = {
        "name": name,
        "roleArn": parts[0],
        "artifactStore": {"type": "S3", "location": parts[1]},
        "pipelineType": "V2",
        "executionMode": "QUEUED",
        "stages": [{"name": "Source", "actions": [source]}, {"name": "Deploy", "actions": [copy]}],
    }
    aws.client("codepipeline").create_pipeline(pipeline=declared)


def eventually(record: Record, name: str, wanted: Callable[[Run], bool], seconds: float = 60) -> Run:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for run in record.runs():
            if run.pipeline == name and wanted(run):
                return run
        time.sleep(0.1)
    raise AssertionError([run for run in record.runs() if run.pipeline == name])


def git(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(["git", *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip() + done.stderr


def test_a_push_starts_an_execution_of_that_commit(
    aws: boto3.session.Session,
    cloud: Endpoint,
    cloud_home: Home,
    parts: tuple[str, str],
    name: str,
    tmp_path: Path,
) -> None:
    source = {"ConnectionArn": "arn:x", "FullRepositoryId": f"acme/{name}", "BranchName": "main"}
    outputs = [{"name": "S"}]
    create(
        aws, name, parts, action("App", "Source", "CodeStarSourceConnection", source, outputArtifacts=outputs)
    )
    project = tmp_path / "project"
    project.mkdir()
    git("init", "-q", "-b", "main", cwd=project)
    (project / "page.html").write_text("<h1>")
    git("add", ".", cwd=project)
    git("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-q", "-m", "First", cwd=project)
    connect(project, serve(cloud_home, f"acme/{name}", branch="main"))

    said = git("push", "slipway", "main", cwd=project)

    assert f"slipway: {name} started, execution " in said
    assert "App listens to branch 'main'" in said
    assert "slipway status" in said
    run = eventually(
        Record(cloud_home.record),
        name,
        lambda run: run.trigger.kind == "WebhookV2" and run.status != "InProgress",
    )
    assert run.status == "Succeeded", run
    assert run.trigger.detail == "refs/heads/main"
    assert run.execution_id in said
    assert [found.revision_id for found in run.revisions] == [git("rev-parse", "HEAD", cwd=project)]
    found = aws.client("s3").get_object(Bucket=parts[1], Key="deployed/page.html")
    assert found["Body"].read() == b"<h1>"

    git("push", "-o", "slipway.start=no", "slipway", "main:refs/heads/quiet", cwd=project)
    other = git("push", "slipway", "main:refs/heads/topic", cwd=project)
    assert f"slipway: {name} not started: App listens to branch 'main', not 'topic'" in other


def test_a_new_version_of_the_object_starts_an_execution(
    aws: boto3.session.Session, cloud_home: Home, parts: tuple[str, str], name: str, tmp_path: Path
) -> None:
    archive = tmp_path / "source.zip"
    (tmp_path / "page.html").write_text("<h1>")
    subprocess.run(["python3", "-m", "zipfile", "-c", archive, "page.html"], cwd=tmp_path, check=True)
    s3 = aws.client("s3")
    configuration = {"S3Bucket": parts[1], "S3ObjectKey": "in/source.zip"}
    create(aws, name, parts, action("Drop", "Source", "S3", configuration, outputArtifacts=[{"name": "S"}]))
    uploaded = []

    def heard(run: Run) -> bool:
        return run.trigger.kind == "PollForSourceChanges" and run.ended is not None

    def upload_until_heard() -> Run:
        """The first look only takes note of what is there, and nobody can see when that was."""
        for _ in range(20):
            put = s3.put_object(Bucket=parts[1], Key="in/source.zip", Body=archive.read_bytes())
            uploaded.append(put["VersionId"])
            try:
                return eventually(Record(cloud_home.record), name, heard, seconds=6)
            except AssertionError:
                continue
        raise AssertionError("no upload started anything")

    run = upload_until_heard()
    assert run.status == "Succeeded", run
    assert run.trigger.detail == f"s3://{name}/in/source.zip"
    [revision] = run.revisions
    assert revision.revision_id in uploaded
