"""Functions and agents as processes of this machine, and the models they ask."""

import contextlib
import http.client
import json
import math
import socket
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from rehearsal.cloud.location.gazetteer import nearest, search
from rehearsal.home import Home
from tests.patience import until
from tests.processes import having
from tests.rehearsal.cloud.stacks import Stacks, function, trusted_by, zipped

LOGS = "service-role/AWSLambdaBasicExecutionRole"
LOOKING = """
import importlib.util, os
class OutOfStock(Exception): pass
def handler(event, context):
    if event.get("fail"):
        raise OutOfStock("none left")
    packages = ("boto3", "pydantic", "ministack", "rehearsal")
    found = [name for name in packages if importlib.util.find_spec(name)]
    return {"environment": dict(os.environ), "packages": found}
"""
AGENT = """
import http.server, json, os, uuid
STARTED = uuid.uuid4().hex
class Agent(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self._answer(200, {"status": "Healthy"})
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "crash" in asked:
            print("giving up on", asked["crash"], flush=True)
            os._exit(3)
        if "refuse" in asked:
            return self._answer(500, {"error": "will not"})
        self._answer(200, {"started": STARTED, "environment": dict(os.environ), "asked": asked,
                           "at": self.server.server_address[1],
                           "session": self.headers["X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"]})
    def _answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())
    def log_message(self, *_): pass
if os.environ.get("BROKEN"):
    raise SystemExit("a variable is missing")
http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Agent).serve_forever()
"""
BOOTSTRAP = """#!/usr/bin/env python3
import http.client, json, os
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
connection = http.client.HTTPConnection(api)
while True:
    connection.request("GET", "/2018-06-01/runtime/invocation/next")
    event = connection.getresponse()
    body = json.dumps({"api": api, "event": json.loads(event.read())})
    request_id = event.getheader("Lambda-Runtime-Aws-Request-Id")
    connection.request("POST", f"/2018-06-01/runtime/invocation/{request_id}/response", body)
    connection.getresponse().read()
"""
SESSION = "session-of-at-least-thirty-three-characters"


@pytest.fixture(scope="module")
def looking(stacks: Stacks) -> str:
    resources = {
        "Role": trusted_by("lambda", LOGS),
        "Looking": function(
            LOOKING, Architectures=["arm64"], Environment={"Variables": {"LOG_LEVEL": "debug"}}
        ),
    }
    return stacks.deploy("looking", resources, Name={"Ref": "Looking"})["Name"]


def test_a_function_sees_what_lambda_gives_and_nothing_else(
    looking: str, aws: boto3.session.Session, cloud_home: Home
) -> None:
    answer = aws.client("lambda").invoke(FunctionName=looking, Payload=b"{}")
    seen = json.loads(answer["Payload"].read())
    assert seen["packages"] == ["boto3"]
    environment = seen["environment"]
    assert environment["HOME"] == str(cloud_home.root / "functions")
    assert environment["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert environment["LOG_LEVEL"] == "debug"
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert not {"AUTH", "STATE_DIR", "GATEWAY_PORT", "MINISTACK_HOST", "AWS_PROFILE"} & environment.keys()


def test_a_python_exception_keeps_its_name(looking: str, aws: boto3.session.Session) -> None:
    answer = aws.client("lambda").invoke(FunctionName=looking, Payload=b'{"fail": true}')
    error = json.loads(answer["Payload"].read())
    assert answer["FunctionError"] == "Unhandled"
    assert (error["errorType"], error["errorMessage"]) == ("OutOfStock", "none left")
    assert any("raise OutOfStock" in line for line in error["stackTrace"])


class Agents:
    """Deploys agents and asks them."""

    def __init__(self, aws: boto3.session.Session) -> None:
        self._aws: Any = aws
        s3 = aws.client("s3")
        s3.create_bucket(Bucket="agents", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket="agents", Key="agent.zip", Body=zipped({"main.py": AGENT}))
        trust = trusted_by("bedrock-agentcore")["Properties"]["AssumeRolePolicyDocument"]
        made = aws.client("iam").create_role(RoleName="agent", AssumeRolePolicyDocument=json.dumps(trust))
        self._role = made["Role"]["Arn"]

    def deploy(self, name: str, *, container: bool = False, **variables: str) -> str:
        code = {
            "code": {"s3": {"bucket": "agents", "prefix": "agent.zip"}},
            "runtime": "PYTHON_3_13",
            "entryPoint": ["main.py"],
        }
        image = {"containerUri": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/agent:1"}
        made = self._aws.client("bedrock-agentcore-control").create_agent_runtime(
            agentRuntimeName=name,
            roleArn=self._role,
            networkConfiguration={"networkMode": "PUBLIC"},
            agentRuntimeArtifact={"containerConfiguration": image}
            if container
            else {"codeConfiguration": code},
            environmentVariables=variables,
        )
        return str(made["agentRuntimeArn"])

    def ask(self, arn: str, **question: Any) -> Any:
        answer = self._aws.client("bedrock-agentcore").invoke_agent_runtime(
            agentRuntimeArn=arn, payload=json.dumps(question).encode(), runtimeSessionId=SESSION
        )
        return json.loads(answer["response"].read())

    def delete(self, arn: str) -> None:
        control = self._aws.client("bedrock-agentcore-control")
        control.delete_agent_runtime(agentRuntimeId=arn.rpartition("/")[2])


@pytest.fixture(scope="module")
def agents(aws: boto3.session.Session) -> Agents:
    return Agents(aws)


def test_an_agent_answers_for_itself_and_stays_warm(agents: Agents) -> None:
    arn = agents.deploy("answering", FAMILY="smith")
    first, second = agents.ask(arn, question="who?"), agents.ask(arn, question="and who else?")
    assert (first["asked"], first["session"]) == ({"question": "who?"}, SESSION)
    assert first["started"] == second["started"]
    assert first["environment"]["FAMILY"] == "smith"
    assert first["environment"]["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert first["environment"]["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize("begun", [b"", b"0" * 64, b"POST /invocations HTTP/1.1\r\nHost: localhost\r\n\r\n"])
def test_an_agent_hears_nobody_but_agentcore(agents: Agents, begun: bytes) -> None:
    arn = agents.deploy(f"guarded{len(begun)}")
    port = agents.ask(arn)["at"]
    with socket.create_connection(("127.0.0.1", port), timeout=60) as stranger:
        stranger.sendall(begun + b"POST /invocations HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
        with contextlib.suppress(ConnectionResetError):
            assert stranger.recv(1) == b""
    assert agents.ask(arn, question="still there?")["asked"] == {"question": "still there?"}


def test_a_custom_runtimes_events_go_to_its_own_process(aws: boto3.session.Session, stacks: Stacks) -> None:
    """By a Python script that speaks the runtime API as any bootstrap does."""
    trust = trusted_by("lambda")["Properties"]["AssumeRolePolicyDocument"]
    role = aws.client("iam").create_role(RoleName="own", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    functions = aws.client("lambda")
    functions.create_function(
        FunctionName="own",
        Role=role["Arn"],
        Runtime="provided.al2023",
        Handler="bootstrap",
        Code={"ZipFile": zipped({"bootstrap": BOOTSTRAP})},
    )
    address = json.loads(functions.invoke(FunctionName="own", Payload=b"{}")["Payload"].read())["api"]
    thief = http.client.HTTPConnection(address, timeout=60)
    thief.request("GET", "/2018-06-01/runtime/invocation/next")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        thief.getresponse()
    again = json.loads(functions.invoke(FunctionName="own", Payload=b'{"n": 2}')["Payload"].read())
    assert again == {"api": address, "event": {"n": 2}}


def test_an_agent_that_ends_is_named_with_its_last_words_and_starts_again(agents: Agents) -> None:
    arn = agents.deploy("crashing")
    before = agents.ask(arn)["started"]
    with pytest.raises(ClientError, match="ended with exit code 3") as raised:
        agents.ask(arn, crash="everything")
    assert "giving up on everything" in str(raised.value)
    assert agents.ask(arn)["started"] != before
    with pytest.raises(ClientError, match=r"Received error \(500\) from runtime.*will not"):
        agents.ask(arn, refuse=True)


def test_an_agent_that_cannot_start_says_why(agents: Agents) -> None:
    with pytest.raises(ClientError, match="a variable is missing"):
        agents.ask(agents.deploy("broken", BROKEN="yes"))


def test_a_container_agent_is_refused_with_the_remedy(agents: Agents) -> None:
    with pytest.raises(ClientError, match=r"is a container image.*Deploy the agent's code directly"):
        agents.ask(agents.deploy("contained", container=True))


def test_a_deleted_runtime_leaves_no_process(agents: Agents) -> None:
    arn = agents.deploy("leaving", MARK="leaving")
    agents.ask(arn)
    assert having("MARK=leaving")
    agents.delete(arn)
    until(lambda: not having("MARK=leaving"), "the agent's process is still there")


def test_texts_that_share_words_lie_close(aws: boto3.session.Session) -> None:
    near, asked, far = (
        _embedding(aws, text)
        for text in (
            "The boiler was serviced in May by Smith & Sons",
            "When was the boiler serviced?",
            "Grandma's recipe for plum jam",
        )
    )
    assert _similarity(near, asked) > 0.5
    assert abs(_similarity(near, far)) < 0.2
    assert near == _embedding(aws, "The boiler was serviced in May by Smith & Sons")


@pytest.mark.parametrize(
    ("asked", "size"), [({}, 1024), ({"dimensions": 512}, 512), ({"dimensions": 256}, 256)]
)
def test_embeddings_have_the_size_asked_for(
    aws: boto3.session.Session, asked: dict[str, int], size: int
) -> None:
    vector = _embedding(aws, "some words", **asked)
    assert len(vector) == size
    assert math.isclose(math.sqrt(_similarity(vector, vector)), 1)


def _embedding(aws: boto3.session.Session, text: str, **more: int) -> list[float]:
    body = json.dumps({"inputText": text, **more})
    answer = aws.client("bedrock-runtime").invoke_model(modelId="amazon.titan-embed-text-v2:0", body=body)
    vector: list[float] = json.loads(answer["body"].read())["embedding"]
    return vector


def _similarity(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_a_place_index_finds_cities(aws: boto3.session.Session) -> None:
    location: Any = aws.client("location")
    location.create_place_index(IndexName="cities", DataSource="Esri")
    found = location.search_place_index_for_text(IndexName="cities", Text="a café in Paris, please")
    assert [place["Place"]["Label"] for place in found["Results"]] == ["Paris, FRA"]
    assert not location.search_place_index_for_text(IndexName="cities", Text="my kitchen")["Results"]
    around = location.search_place_index_for_position(IndexName="cities", Position=[2.3, 48.8], MaxResults=1)
    assert around["Results"][0]["Place"]["Municipality"] == "Paris"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        location.describe_place_index(IndexName="unknown")


def test_the_longest_name_wins_and_distances_are_true() -> None:
    assert [place.name for place in search("from NEW YORK to Rome", limit=1)] == ["New York"]
    paris, distance = nearest(-0.1278, 51.5074, limit=2)[1]
    assert 180 < distance < 400, paris
