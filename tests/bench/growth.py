"""Whether memory and disk stop growing: one daemon, many executions of one pipeline with a build in it.

Each execution has a source of its own, so that no build reuses an earlier result. The source's older
versions are deleted, as they belong to the person and not to the rehearsal.
"""

import io
import json
import os
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.daemon import client
from rehearsal.home import Home
from tests.bench.table import Figure, show
from tests.rehearsal.api.conftest import Yard, action, furnished

EXECUTIONS, EVERY = int(os.environ.get("N", "200")), 50
ARTIFACT_BYTES = 1_000_000
BUILDSPEC = {
    "version": "0.2",
    "phases": {"build": {"commands": ["cp data made"]}},
    "artifacts": {"files": ["made"]},
}
_PATIENCE = 120


@dataclass(frozen=True, kw_only=True)
class Look:
    executions: int
    memory_mb: float
    disk_mb: float


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / ".slipway")
        endpoint = client.start(home, account="111122223333", region="eu-west-1")
        try:
            yard = furnished(endpoint, client.session(endpoint))
            _create_project(yard)
            looks = list(_looks(yard, home, endpoint.pid))
        finally:
            client.stop(home)
            subprocess.run(["rm", "-rf", str(home.builds)], check=True)
    show("Growth", [figure for look in looks for figure in _figures(look)])


def _looks(yard: Yard, home: Home, pid: int) -> Iterator[Look]:
    yard.create(stages=_stages(yard))
    for number in range(1, EXECUTIONS + 1):
        _deliver(yard)
        if number % EVERY == 0:
            yield Look(executions=number, memory_mb=_memory(pid), disk_mb=_disk(home.root, home.builds))


def _create_project(yard: Yard) -> None:
    iam, name = yard.aws.client("iam"), f"make-{yard.tag}"
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "codebuild.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(trust))
    anything = {"Effect": "Allow", "Action": ["s3:*", "logs:*", "codebuild:*"], "Resource": "*"}
    for role in (name, f"pipeline-{yard.tag}"):
        iam.put_role_policy(RoleName=role, PolicyName="builds", PolicyDocument=_document(anything))
    yard.aws.client("codebuild").create_project(
        name=name,
        serviceRole=yard.role("make"),
        source={"type": "CODEPIPELINE", "buildspec": json.dumps(BUILDSPEC)},
        artifacts={"type": "CODEPIPELINE"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
    )


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _stages(yard: Yard) -> list[dict[str, Any]]:
    source, deploy = yard.declaration()["stages"]
    build = action("Make", "Build", "CodeBuild", inputs=["Code"], outputs=["Made"])
    build["configuration"] = {"ProjectName": f"make-{yard.tag}"}
    copy = {**deploy["actions"][1], "inputArtifacts": [{"name": "Made"}]}
    copy["configuration"] = {**copy["configuration"], "ObjectKey": "newest"}
    return [source, {"name": "Make", "actions": [build]}, {"name": "Deploy", "actions": [copy]}]


def _deliver(yard: Yard) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("data", os.urandom(ARTIFACT_BYTES))
    s3, bucket = yard.aws.client("s3"), yard.bucket("source")
    older = s3.list_object_versions(Bucket=bucket).get("Versions", [])
    s3.put_object(Bucket=bucket, Key="src.zip", Body=packed.getvalue())
    for version in older:
        s3.delete_object(Bucket=bucket, Key="src.zip", VersionId=version["VersionId"])
    execution, end = yard.start(), time.monotonic() + _PATIENCE
    while (status := yard.execution(execution)["status"]) == "InProgress":
        if time.monotonic() > end:
            raise TimeoutError(f"execution {execution} does not end")
        time.sleep(0.05)
    if status != "Succeeded":
        raise RuntimeError(f"execution {execution} has {status}")


def _memory(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(resident.split()[1]) / 1024


def _disk(*folders: Path) -> float:
    files = (path for folder in folders for path in folder.rglob("*"))
    return sum(path.lstat().st_blocks * 512 for path in files) / 1e6


def _figures(look: Look) -> Iterator[Figure]:
    yield Figure(name=f"daemon after {look.executions} executions", samples=[look.memory_mb], unit="MB")
    yield Figure(name=f"disk after {look.executions} executions", samples=[look.disk_mb], unit="MB")
