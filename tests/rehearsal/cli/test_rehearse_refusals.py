"""`slipway rehearse` as a process: how it ends on a mistake, and on what is not rehearsed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

SLIPWAY = str(Path(sys.executable).with_name("slipway"))
SOURCE = {
    "ConnectionArn": "arn:aws:codeconnections:us-east-1:000000000000:connection/one",
    "FullRepositoryId": "example/shop",
    "BranchName": "main",
}


@dataclass(frozen=True)
class Shop:
    """A repository whose pipeline waits for a person and does nothing else; no CDK anywhere."""

    folder: Path

    def slipway(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SLIPWAY, *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def create_pipelines(self) -> None:
        variables = json.loads(self.slipway("env", "--json").stdout)
        aws = boto3.session.Session(
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            region_name=variables["AWS_REGION"],
        )
        clients: dict[str, Any] = {
            name: aws.client(name, endpoint_url=variables["AWS_ENDPOINT_URL"])
            for name in ("codepipeline", "iam", "s3")
        }
        clients["s3"].create_bucket(Bucket="artifacts")
        role = _role(clients["iam"])
        deploy = {
            "ActionMode": "CREATE_UPDATE",
            "StackName": "odd",
            "RoleArn": role,
            "TemplatePath": "Code::odd.yaml",
        }
        gates = {
            "shop": _action("Ok", "Approval", "Manual", {}),
            "odd": {
                **_action("Ok", "Deploy", "CloudFormation", deploy),
                "inputArtifacts": [{"name": "Code"}],
            },
        }
        for name, gate in gates.items():
            source = _action("Source", "Source", "CodeStarSourceConnection", SOURCE)
            source["outputArtifacts"] = [{"name": "Code"}]
            stages = [("Source", source), ("Gate", gate)]
            clients["codepipeline"].create_pipeline(
                pipeline={
                    "name": name,
                    "roleArn": role,
                    "artifactStore": {"type": "S3", "location": "artifacts"},
                    "pipelineType": "V2",
                    "stages": [{"name": stage, "actions": [action]} for stage, action in stages],
                }
            )


def _action(name: str, category: str, provider: str, configuration: dict[str, str]) -> dict[str, Any]:
    kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": name, "actionTypeId": kind, "configuration": configuration}


def _role(iam: Any) -> str:
    services = ["codepipeline.amazonaws.com", "cloudformation.amazonaws.com"]
    trusts = {"Effect": "Allow", "Principal": {"Service": services}}
    may = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    role = iam.create_role(
        RoleName="pipeline", AssumeRolePolicyDocument=_policy({**trusts, "Action": "sts:AssumeRole"})
    )
    iam.put_role_policy(RoleName="pipeline", PolicyName="all", PolicyDocument=_policy(may))
    return str(role["Role"]["Arn"])


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp("shop"))
    (shop.folder / "odd.yaml").write_text("Resources: {Thing: {Type: 'AWS::Nowhere::Thing'}}\n")
    person = ["-c", "user.name=Rehearsal", "-c", "user.email=rehearsal@example.com"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], [*person, "commit", "-q", "-m", "Open"]):
        subprocess.run(["git", *command], cwd=shop.folder, check=True)
    assert shop.slipway("up").returncode == 0
    try:
        shop.create_pipelines()
        yield shop
    finally:
        shop.slipway("down")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--bake", "soon"], "neither seconds nor `real`"),
        (["--pipeline", "none"], "one of: "),
        (["nowhere-at-all"], "nowhere-at-all"),
        (["--colour"], "No such option"),
    ],
)
def test_a_mistake_is_named_with_what_to_do(shop: Shop, arguments: list[str], said: str) -> None:
    done = shop.slipway("rehearse", *arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_what_is_not_rehearsed_is_named(shop: Shop) -> None:
    done = shop.slipway("rehearse", "--pipeline", "odd")
    assert done.returncode == 4, (done.stdout, done.stderr)
    assert "AWS::Nowhere::Thing" in done.stdout
