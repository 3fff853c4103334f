"""Code of functions, layers and agents, and assets of a site, whose zip files are not what they should be."""

import json
import stat
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.archive.zips import FILE, LINK, Item, write
from tests.rehearsal.cloud.stacks import trusted_by

HANDLER = b"""
import os, subprocess
def handler(event, context):
    return {"link": os.readlink("latest"), "read": open("latest").read(),
            "tool": subprocess.run(["./tool"], capture_output=True, text=True).stdout}
"""
LAYERED = b"def handler(event, context):\n    import shared\n    return shared.VALUE\n"
HONEST = (
    Item("index.py", HANDLER),
    Item("v1.txt", b"one"),
    Item("latest", b"v1.txt", LINK),
    Item("tool", b"#!/bin/sh\necho ran\n", stat.S_IFREG | 0o755),
)
HOSTILE = (
    Item("index.py", HANDLER, FILE),
    Item("a", b"..", LINK),
    Item("b", b"a/..", LINK),
    Item("b/evil"),
)


@pytest.fixture(scope="module")
def functions(aws: boto3.session.Session) -> Any:
    return aws.client("lambda")


@pytest.fixture(scope="module")
def role(aws: boto3.session.Session) -> str:
    trust = json.dumps(trusted_by("lambda")["Properties"]["AssumeRolePolicyDocument"])
    made = aws.client("iam").create_role(RoleName=f"r-{uuid.uuid4().hex[:8]}", AssumeRolePolicyDocument=trust)
    return made["Role"]["Arn"]


def create(functions: Any, role: str, code: bytes, **settings: Any) -> str:
    name = f"f-{uuid.uuid4().hex[:8]}"
    functions.create_function(
        FunctionName=name, Runtime="python3.13", Role=role, Handler="index.handler",
        Code={"ZipFile": code}, **settings,
    )  # fmt: skip
    return name


def made(folder: Path, items: Sequence[Item]) -> bytes:
    return write(folder / f"{uuid.uuid4().hex}.zip", items).read_bytes()


def test_a_function_keeps_its_links_and_executable_bits(functions: Any, role: str, tmp_path: Path) -> None:
    name = create(functions, role, made(tmp_path, HONEST))
    answer = functions.invoke(FunctionName=name)
    assert json.loads(answer["Payload"].read()) == {"link": "v1.txt", "read": "one", "tool": "ran\n"}


def test_a_layer_keeps_its_links(functions: Any, role: str, tmp_path: Path) -> None:
    items = [Item("python/real.py", b"VALUE = 7\n"), Item("python/shared.py", b"real.py", LINK)]
    layer = functions.publish_layer_version(
        LayerName=f"l-{uuid.uuid4().hex[:8]}", Content={"ZipFile": made(tmp_path, items)}
    )
    code = made(tmp_path, [Item("index.py", LAYERED)])
    name = create(functions, role, code, Layers=[layer["LayerVersionArn"]])
    assert functions.invoke(FunctionName=name)["Payload"].read() == b"7"


@pytest.mark.parametrize(
    ("items", "said"), [(HOSTILE, "'b/evil' needs 'b' to be a folder"), ([Item("../evil")], "'../evil'")]
)
def test_code_that_would_land_elsewhere_is_refused_as_lambda_does(
    functions: Any, role: str, tmp_path: Path, items: Sequence[Item], said: str
) -> None:
    with pytest.raises(functions.exceptions.InvalidParameterValueException, match="Could not unzip.*" + said):
        create(functions, role, made(tmp_path, items))
    with pytest.raises(functions.exceptions.InvalidParameterValueException, match="Could not unzip.*" + said):
        functions.publish_layer_version(LayerName="hostile", Content={"ZipFile": made(tmp_path, items)})


def test_hostile_code_from_a_template_fails_its_invocation_in_words(
    stacks: Any, aws: boto3.session.Session, functions: Any, tmp_path: Path
) -> None:
    bucket = _bucket(aws)
    aws.client("s3").put_object(Bucket=bucket, Key="code.zip", Body=made(tmp_path, HOSTILE))
    resources = {
        "Role": trusted_by("lambda"),
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"S3Bucket": bucket, "S3Key": "code.zip"},
            },
        },
    }
    name = stacks.deploy("hostile-code", resources, Name={"Ref": "Function"})["Name"]
    answer = functions.invoke(FunctionName=name)
    assert answer["FunctionError"]
    assert "'b/evil' needs 'b' to be a folder" in answer["Payload"].read().decode()


def test_an_agents_hostile_code_is_refused_in_words(aws: boto3.session.Session, tmp_path: Path) -> None:
    bucket = _bucket(aws)
    aws.client("s3").put_object(Bucket=bucket, Key="code.zip", Body=made(tmp_path, HOSTILE))
    trust = json.dumps(trusted_by("bedrock-agentcore")["Properties"]["AssumeRolePolicyDocument"])
    made_role = aws.client("iam").create_role(RoleName="hostile-agent", AssumeRolePolicyDocument=trust)
    control: Any = aws.client("bedrock-agentcore-control")
    code = {
        "code": {"s3": {"bucket": bucket, "prefix": "code.zip"}},
        "runtime": "PYTHON_3_13",
        "entryPoint": ["index.py"],
    }
    agent = control.create_agent_runtime(
        agentRuntimeName="hostile",
        roleArn=made_role["Role"]["Arn"],
        networkConfiguration={"networkMode": "PUBLIC"},
        agentRuntimeArtifact={"codeConfiguration": code},
    )
    with pytest.raises(ClientError, match=r"code cannot be unpacked: archive entry 'b/evil'"):
        aws.client("bedrock-agentcore").invoke_agent_runtime(
            agentRuntimeArn=agent["agentRuntimeArn"], payload=b"{}", runtimeSessionId="s" * 33
        )


def _bucket(aws: boto3.session.Session) -> str:
    name = f"hostile-{uuid.uuid4().hex[:8]}"
    place: Any = {"LocationConstraint": aws.region_name}
    aws.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=place)
    return name
