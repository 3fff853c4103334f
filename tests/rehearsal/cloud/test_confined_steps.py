"""What functions and agents reach of the machine, and that they end when the embedded AWS does."""

import base64
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from rehearsal.daemon import client
from rehearsal.home import Home, tool_cache
from tests.patience import until
from tests.personal import personal_file
from tests.processes import having
from tests.rehearsal.cloud.stacks import Stacks, function, trusted_by, zipped

LOGS = "service-role/AWSLambdaBasicExecutionRole"
LOOK = """
import os, subprocess
from pathlib import Path
def tried(act, *arguments):
    try:
        return act(*arguments) or "done"
    except OSError as error:
        return type(error).__name__
def look(personal, state):
    return {
        "personal": tried(Path(personal).read_text),
        "state": sorted(os.listdir(state)),
        "environments": "".join(tried(path.read_text) for path in Path("/proc").glob("[0-9]*/environ")),
        "code": tried(Path("written").write_text, "x"),
        "tmp": tried(Path("/tmp/written").write_text, "x"),
        "home": tried((Path.home() / "written").write_text, "x"),
        "compiled": os.environ["PYTHONPYCACHEPREFIX"],
    }
"""
LAMBDA = (
    LOOK
    + """
def handler(event, context):
    subprocess.Popen(["setsid", "sleep", "300"], stdout=subprocess.DEVNULL)
    return look(**event)
"""
)
SLOW = """
import subprocess, time
def handler(event, context):
    subprocess.Popen(["setsid", "sleep", "300"])
    time.sleep(300)
"""
AGENT = (
    LOOK
    + """
import http.server, json
class Agent(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer({"status": "Healthy"})
    def do_POST(self):
        self.answer(look(**json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())
    def log_message(self, *_): pass
subprocess.Popen(["setsid", "sleep", "300"], stdout=subprocess.DEVNULL)
http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Agent).serve_forever()
"""
)
NODE = """
const fs = require("fs");
exports.handler = async (event) => {
  try { return fs.readFileSync(event.personal, "utf8"); } catch (error) { return error.code; }
};
"""
BOOTSTRAP = """#!/bin/sh
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation
while :; do
  personal=$(curl -s -D /tmp/headers $api/next | sed 's/.*"personal": *"\\([^"]*\\)".*/\\1/')
  id=$(tr -d '\\r' < /tmp/headers | sed -n 's/^lambda-runtime-aws-request-id: //Ip')
  cat "$personal" > /tmp/found 2> /dev/null || echo '"ENOENT"' > /tmp/found
  curl -s -X POST --data-binary @/tmp/found $api/$id/response > /dev/null
done
"""


@pytest.fixture
def personal() -> Iterator[Path]:
    with personal_file() as file:
        yield file


def code(packed: bytes, aws: boto3.session.Session, key: str) -> dict[str, str]:
    aws.client("s3").put_object(Bucket="confined-code", Key=key, Body=packed)
    return {"S3Bucket": "confined-code", "S3Key": key}


def with_bucket(aws: boto3.session.Session) -> boto3.session.Session:
    s3: Any = aws.client("s3")
    if "confined-code" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        place = {"LocationConstraint": "eu-west-1"}
        s3.create_bucket(Bucket="confined-code", CreateBucketConfiguration=place)
    return aws


def deployed(aws: boto3.session.Session, code: str, **variables: str) -> str:
    resources = {
        "Role": trusted_by("lambda", LOGS),
        "Function": function(code, Environment={"Variables": variables}),
    }
    return Stacks(session=aws).deploy("confined", resources, Name={"Ref": "Function"})["Name"]


def invoked(aws: boto3.session.Session, name: str, **event: str) -> Any:
    answer = aws.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    found = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, found
    return found


def agent(aws: boto3.session.Session, **variables: str) -> str:
    trust = trusted_by("bedrock-agentcore")["Properties"]["AssumeRolePolicyDocument"]
    role = aws.client("iam").create_role(
        RoleName=f"agent-{variables['MARK']}", AssumeRolePolicyDocument=json.dumps(trust)
    )
    where = code(zipped({"main.py": AGENT}), with_bucket(aws), "agent.zip")
    control: Any = aws.client("bedrock-agentcore-control")
    made = control.create_agent_runtime(
        agentRuntimeName="looking",
        roleArn=role["Role"]["Arn"],
        networkConfiguration={"networkMode": "PUBLIC"},
        agentRuntimeArtifact={
            "codeConfiguration": {
                "code": {"s3": {"bucket": where["S3Bucket"], "prefix": where["S3Key"]}},
                "runtime": "PYTHON_3_13",
                "entryPoint": ["main.py"],
            }
        },
        environmentVariables=variables,
    )
    return str(made["agentRuntimeArn"])


def asked(aws: boto3.session.Session, arn: str, **question: str) -> Any:
    answer: Any = aws.client("bedrock-agentcore").invoke_agent_runtime(
        agentRuntimeArn=arn, payload=json.dumps(question).encode(), runtimeSessionId="s" * 40
    )
    return json.loads(answer["response"].read())


def test_a_python_function_reads_its_code_and_writes_to_its_tmp(
    aws: boto3.session.Session, cloud_home: Home, personal: Path
) -> None:
    name = deployed(aws, LAMBDA)
    found = invoked(aws, name, personal=str(personal), state=str(cloud_home.root))
    assert found["personal"] == "FileNotFoundError"
    assert not {"record.sqlite", "endpoint.json", "state", "git"} & set(found["state"])
    assert "PYTEST_CURRENT_TEST" not in found["environments"]
    assert (found["code"], found["tmp"], found["home"]) == ("OSError", 1, "OSError")
    assert not found["compiled"].startswith(str(tool_cache()))
    assert not Path("/tmp/written").exists()  # noqa: S108
    again = invoked(aws, name, personal=str(personal), state=str(cloud_home.root))
    assert again["tmp"] == 1


def test_an_agent_reads_and_writes_its_own(
    aws: boto3.session.Session, cloud_home: Home, personal: Path
) -> None:
    found = asked(aws, agent(aws, MARK="reading"), personal=str(personal), state=str(cloud_home.root))
    assert found["personal"] == "FileNotFoundError"
    assert not {"record.sqlite", "endpoint.json", "state", "git"} & set(found["state"])
    assert "PYTEST_CURRENT_TEST" not in found["environments"]
    assert (found["code"], found["tmp"], found["home"]) == (1, 1, 1)
    assert not found["compiled"].startswith(str(tool_cache()))


@pytest.mark.parametrize(
    ("runtime", "files"), [("nodejs22.x", {"index.js": NODE}), ("provided.al2023", {"bootstrap": BOOTSTRAP})]
)
def test_other_runtimes_are_confined_too(
    aws: boto3.session.Session, personal: Path, runtime: str, files: dict[str, str]
) -> None:
    where = code(zipped(files), with_bucket(aws), f"{runtime}.zip")
    resources = {
        "Role": trusted_by("lambda", LOGS),
        "Function": function("", Runtime=runtime, Code=where),
    }
    stack = f"confined-{runtime.partition('.')[0]}"
    name = Stacks(session=aws).deploy(stack, resources, Name={"Ref": "Function"})["Name"]
    assert invoked(aws, name, personal=str(personal)) == "ENOENT"
    assert invoked(aws, name, personal=str(personal)) == "ENOENT"


def test_one_that_takes_too_long_ends_with_its_children(aws: boto3.session.Session) -> None:
    resources = {
        "Role": trusted_by("lambda", LOGS),
        "Function": function(SLOW, Timeout=1, Environment={"Variables": {"MARK": "slow-function"}}),
    }
    name = Stacks(session=aws).deploy("confined-slow", resources, Name={"Ref": "Function"})["Name"]
    answer = aws.client("lambda").invoke(FunctionName=name, Payload=b"{}", LogType="Tail")
    assert b"timed out after 1.00 seconds" in answer["Payload"].read(), base64.b64decode(answer["LogResult"])
    until(lambda: not having("MARK=slow-function"), "the function or its child is still there")


def test_functions_and_agents_end_when_the_embedded_aws_is_killed(tmp_path: Path) -> None:
    home = Home(tmp_path / ".slipway")
    endpoint = client.start(home, account="111122223333", region="eu-west-1")
    marks = [f"MARK=killed-{kind}-{tmp_path.name}-{endpoint.pid}" for kind in ("function", "agent")]
    function_mark, agent_mark = (mark.removeprefix("MARK=") for mark in marks)
    try:
        aws = client.session(endpoint)
        nothing = {"personal": "/nowhere", "state": "/"}
        invoked(aws, deployed(aws, LAMBDA, MARK=function_mark), **nothing)
        asked(aws, agent(aws, MARK=agent_mark), **nothing)
        assert all(having(mark) for mark in marks)
    finally:
        os.kill(endpoint.pid, signal.SIGKILL)
    until(lambda: not any(having(mark) for mark in marks), "a function or an agent survived")
