"""Functions that answer their jobs, and state machines."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from rehearsal.engine.ports import JobAnswer
from rehearsal.model.definition import Action
from rehearsal.model.results import Failure
from tests.rehearsal.providers.world import World, an_action, make_function, run

FUNCTION = """
import json
import boto3

def handler(event, context):
    job = event["CodePipeline.job"]
    given = json.loads(job["data"]["actionConfiguration"]["configuration"]["UserParameters"])
    if given.get("fail"):
        raise ValueError(given["fail"])
    outputs = job["data"]["outputArtifacts"]
    if given.get("write"):
        place = outputs[0]["location"]["s3Location"]
        keys = job["data"]["artifactCredentials"]
        s3 = boto3.client(
            "s3",
            aws_access_key_id=keys["accessKeyId"],
            aws_secret_access_key=keys["secretAccessKey"],
            aws_session_token=keys["sessionToken"],
        )
        s3.put_object(Bucket=place["bucketName"], Key=place["objectKey"], Body=b"written by the function")
"""


@pytest.fixture
def function(world: World) -> str:
    return make_function(world, FUNCTION)


def invoke(world: World, function: str, *, outputs: tuple[str, ...] = (), **parameters: str) -> Action:
    return an_action(
        "Invoke",
        "Lambda",
        {"FunctionName": function, "UserParameters": json.dumps(parameters)},
        outputs=outputs,
        role_arn=world.action_role,
    )


def test_a_function_answers_its_job_and_writes_its_output(world: World, function: str) -> None:
    world.artifact("In", {"file": "x"})
    world.jobs.respond = lambda _: JobAnswer(variables={"answer": "42"}, external_id="ext-1", summary="done")
    action = invoke(world, function, outputs=("Out",), write="yes")
    result = run(world, action)
    assert result.failure is None
    assert (result.variables, result.external_id, result.summary) == ({"answer": "42"}, "ext-1", "done")
    stored = result.output_artifacts["Out"]
    body = world.root.client("s3").get_object(Bucket=stored.bucket, Key=stored.key)["Body"].read()
    assert body == b"written by the function"


def test_the_job_tells_the_function_where_its_input_is(world: World, function: str) -> None:
    world.artifact("In", {"file": "x"})
    world.jobs.respond = lambda _: JobAnswer()
    action = an_action(
        "Invoke",
        "Lambda",
        {"FunctionName": function, "UserParameters": "{}"},
        inputs=("In",),
        role_arn=world.action_role,
    )
    assert run(world, action).failure is None
    [(_, data)] = world.jobs.opened
    place = world.inputs["In"]
    [given] = data["inputArtifacts"]
    assert given["location"]["s3Location"] == {"bucketName": place.bucket, "objectKey": place.key}
    assert data["artifactCredentials"]["sessionToken"]


def test_a_job_that_continues_is_invoked_again_with_its_token(world: World, function: str) -> None:
    answers = [JobAnswer(continuation_token="more"), JobAnswer(summary="done")]
    world.jobs.respond = lambda _: answers.pop(0)
    result = run(world, invoke(world, function))
    assert result.summary == "done"
    assert [data.get("continuationToken") for _, data in world.jobs.opened] == [None, "more"]
    assert [gap.subject for gap in result.gaps] == ["Lambda invoke action"]


def test_a_failed_job_and_a_failing_function_and_a_missing_output_are_told(
    world: World, function: str
) -> None:
    raised = run(world, invoke(world, function, fail="no such customer")).failure
    assert raised
    assert "no such customer" in raised.message

    failure = Failure(code="JobFailed", message="the check failed")
    world.jobs.respond = lambda _: JobAnswer(failure=failure)
    assert run(world, invoke(world, function)).failure == failure

    world.jobs.respond = lambda _: JobAnswer()
    missing = run(world, invoke(world, function, outputs=("Out",))).failure
    assert missing
    assert "did not write output artifact 'Out'" in missing.message


def test_a_function_that_is_not_there_is_named(world: World) -> None:
    failure = run(world, invoke(world, "not-there")).failure
    assert failure
    assert "not-there" in failure.message


def machine(world: World, definition: Mapping[str, Any]) -> str:
    created = world.root.client("stepfunctions").create_state_machine(
        name=f"m-{uuid4().hex[:8]}",
        definition=json.dumps({"StartAt": "Only", "States": {"Only": definition}}),
        roleArn=world.action_role,
    )
    return str(created["stateMachineArn"])


def test_a_state_machine_runs_to_its_end_and_its_output_is_an_artifact(world: World) -> None:
    world.artifact("In", {"input.json": '{"a": 1}'})
    arn = machine(world, {"Type": "Pass", "End": True})
    action = an_action(
        "Invoke",
        "StepFunctions",
        {"StateMachineArn": arn, "InputType": "FilePath", "Input": "input.json", "ExecutionNamePrefix": "p"},
        inputs=("In",),
        outputs=("Out",),
        role_arn=world.action_role,
    )
    result = run(world, action)
    assert result.failure is None
    assert result.variables["StateMachineArn"] == arn
    assert ":p-" in result.variables["ExecutionArn"]
    world.inputs["Out"] = result.output_artifacts["Out"]
    reader = an_action("Build", "CodeBuild", {}, inputs=("Out",))
    world.artifacts(reader, world.workdir / "r").unpack("Out", world.workdir / "out")
    assert json.loads((world.workdir / "out" / "output.json").read_text()) == {"a": 1}


def test_a_failed_execution_tells_its_error_and_cause(world: World) -> None:
    arn = machine(world, {"Type": "Fail", "Error": "Broken", "Cause": "on purpose"})
    failure = run(
        world, an_action("Invoke", "StepFunctions", {"StateMachineArn": arn}, role_arn=world.action_role)
    ).failure
    assert failure
    assert failure.message == "execution FAILED: Broken: on purpose"
