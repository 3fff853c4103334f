"""`slipway logs`: what the record has, and no waiting for what will not come."""

import json
import signal
import subprocess
from itertools import takewhile
from pathlib import Path

import boto3
import pytest

from rehearsal.home import Endpoint, Home
from tests.rehearsal.cli.command import SLIPWAY
from tests.rehearsal.record.begun import begun


def test_following_ends_where_nothing_runs_that_could_write_more(tmp_path: Path) -> None:
    home = Home.of(tmp_path)
    home.root.mkdir()
    record, found = begun(home.record)
    record.recorder.start_action(
        "a-1",
        execution_id="e-1",
        stage="Build",
        attempt=1,
        action=found.stages[1].actions[0],
        status="InProgress",
        inputs={},
    )
    record.recorder.log("a-1", "one\ntwo")
    record.close()
    command = [SLIPWAY, "logs", "--follow", "--project", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "one\ntwo\n"
    assert done.returncode == 2
    assert "no embedded AWS is running" in done.stderr


FAILING = """
def handler(event, context):
    print("it was asked for", event)
    raise KeyError("API_HOST")
"""


def policy(**statement: object) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


@pytest.fixture(scope="module")
def stack(cloud: Endpoint, aws: boto3.session.Session) -> str:
    """One with a function that fails, and that has run."""
    name = "printed-logs"
    service = {"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {
        "AssumeRolePolicyDocument": policy(**service),
        "Policies": [{"PolicyName": "logs", "PolicyDocument": policy(Action="logs:*", Resource="*")}],
    }
    function = {
        "FunctionName": "printed-logs-Failing",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Code": {"ZipFile": FAILING},
    }
    template = {
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": role},
            "Failing": {"Type": "AWS::Lambda::Function", "Properties": function},
        }
    }
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(
        StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"]
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    aws.client("lambda").invoke(FunctionName="printed-logs-Failing", Payload=b'"cake"')
    return name


def logs(home: Home, *options: str) -> subprocess.CompletedProcess[str]:
    command = [SLIPWAY, "logs", "--project", str(home.root.parent), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_function_s_log_is_found_by_a_part_of_its_name(cloud_home: Home, stack: str) -> None:
    shown = logs(cloud_home, "--function", f"{stack}-fail").stdout
    assert shown.index("it was asked for cake") < shown.index("KeyError: 'API_HOST'")
    assert "Traceback" in shown
    assert logs(cloud_home, "--function", "printed-logs-Failing", "--last", "1").stdout.count("\n") == 1


def test_a_stack_s_events_are_printed_oldest_first(cloud_home: Home, stack: str) -> None:
    shown = logs(cloud_home, "--stack", stack).stdout.splitlines()
    assert "CREATE_IN_PROGRESS" in shown[0]
    assert "CREATE_COMPLETE" in shown[-1]
    assert any("Failing (AWS::Lambda::Function)" in line for line in shown)


def test_what_is_followed_is_printed_once_as_it_comes(
    cloud_home: Home, stack: str, aws: boto3.session.Session
) -> None:
    command = [SLIPWAY, "logs", "--project", str(cloud_home.root.parent), "--follow", "--function", stack]
    following = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert following.stdout
    lines: list[str] = []
    try:
        lines += takewhile(lambda line: "cake" not in line, following.stdout)
        aws.client("lambda").invoke(FunctionName="printed-logs-Failing", Payload=b'"a second helping"')
        lines += takewhile(lambda line: "second helping" not in line, following.stdout)
    finally:
        following.send_signal(signal.SIGINT)
        lines += following.communicate(timeout=20)[0].splitlines()
    assert not [line for line in lines if "it was asked for" in line]  # each was printed once, and taken


def test_a_name_that_none_or_several_have_is_refused_with_those_that_exist(
    cloud_home: Home, stack: str
) -> None:
    unknown = logs(cloud_home, "--function", "nowhere")
    assert unknown.returncode == 2
    assert "no function matches 'nowhere'" in unknown.stderr
    assert "printed-logs-Failing (111122223333 eu-west-1)" in unknown.stderr
    both = logs(cloud_home, "--function", "x", "--stack", "y")
    assert "name one action, one function or one stack" in both.stderr
    assert stack
