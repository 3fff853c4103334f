"""Approvals, functions, S3 deployments and state machines, and the malformed configuration of each kind."""

import io
import json
import threading
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from rehearsal.engine.ports import (
    ActionResult,
    ApprovalAnswer,
    Failure,
    Fidelity,
    JobAnswer,
    UnsupportedAction,
)
from rehearsal.model.definition import Action
from rehearsal.providers.registry import provider_for, rule_for, supported
from tests.rehearsal.providers.world import World, an_action, make_bucket, make_function


def run(world: World, action: Action, **changes: Any) -> ActionResult:
    return provider_for(action.type).run(world.request(action, **changes))


# Approval


def test_an_approval_waits_for_its_answer(world: World) -> None:
    action = an_action(
        "Approval", "Manual", {"CustomData": "look first", "ExternalEntityLink": "https://example.com/report"}
    )
    threading.Timer(0.3, world.people.given.put, [ApprovalAnswer(approved=True, summary="fine")]).start()
    result = run(world, action)
    assert result.succeeded
    assert (result.summary, result.fidelity) == ("fine", Fidelity.REAL)
    asked = world.people.asked.get_nowait()
    assert (asked["custom_data"], asked["link"]) == ("look first", "https://example.com/report")
    assert asked["expires"] - datetime.now(UTC) > timedelta(days=6, hours=23)


def test_a_rejection_is_a_failure_with_its_reason(world: World) -> None:
    world.people.given.put(ApprovalAnswer(approved=False, summary="not on a Friday"))
    assert run(world, an_action("Approval", "Manual", {})).failure == Failure(
        code="JobFailed", message="Rejected: not on a Friday"
    )


def test_a_stopped_execution_stops_the_approval(world: World) -> None:
    world.cancelled.set()
    failure = run(world, an_action("Approval", "Manual", {})).failure
    assert failure
    assert "stopped" in failure.message


def subscribed_queue(world: World) -> tuple[str, Any, str]:
    sqs, sns = world.root.client("sqs"), world.root.client("sns")
    topic = sns.create_topic(Name=f"approvals-{uuid4().hex[:8]}")["TopicArn"]
    queue = sqs.create_queue(QueueName=f"people-{uuid4().hex[:8]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}],
    }
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return topic, sqs, queue


def test_people_are_told_in_codepipelines_own_words_and_only_once(world: World) -> None:
    topic, sqs, queue = subscribed_queue(world)
    action = an_action(
        "Approval",
        "Manual",
        {"NotificationArn": topic, "CustomData": "look first"},
        role_arn=world.action_role,
        timeout_minutes=60,
    )
    world.people.given.put(ApprovalAnswer(approved=True))
    assert run(world, action).succeeded
    world.people.announced = True
    world.people.given.put(ApprovalAnswer(approved=True))
    assert run(world, action).succeeded

    [message] = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5, MaxNumberOfMessages=10)["Messages"]
    told = json.loads(json.loads(message["Body"])["Message"])
    assert set(told) == {"region", "consoleLink", "approval"}
    approval = told["approval"]
    assert approval["token"] == "token-1"
    assert approval["customData"] == "look first"
    assert approval["externalEntityLink"] is None
    assert approval["approvalReviewLink"].endswith("#/view/demo/Deploy/Act/approve/token-1")
    assert (approval["pipelineName"], approval["stageName"], approval["actionName"]) == (
        "demo", "Deploy", "Act",
    )  # fmt: skip
    expires = datetime.strptime(approval["expires"], "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    assert expires - datetime.now(UTC) <= timedelta(minutes=60)


# Lambda

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


# S3


def test_files_are_deployed_one_by_one_with_their_types(world: World) -> None:
    site = make_bucket(world.root, f"{world.bucket}-site")
    world.artifact("Site", {"index.html": "<h1>", "css/site.css": "a{}"})
    action = an_action(
        "Deploy",
        "S3",
        {"BucketName": site, "Extract": "true", "ObjectKey": "v1", "CacheControl": "max-age=60"},
        inputs=("Site",),
        role_arn=world.action_role,
    )
    assert run(world, action).failure is None
    s3 = world.root.client("s3")
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket=site)["Contents"]]
    assert keys == ["v1/css/site.css", "v1/index.html"]
    page = s3.head_object(Bucket=site, Key="v1/index.html")
    assert (page["ContentType"], page["CacheControl"]) == ("text/html", "max-age=60")


def test_an_artifact_is_deployed_whole(world: World) -> None:
    site = make_bucket(world.root, f"{world.bucket}-site")
    world.artifact("Site", {"index.html": "<h1>"})
    configuration = {"BucketName": site, "Extract": "false", "ObjectKey": "release.zip"}
    action = an_action("Deploy", "S3", configuration, inputs=("Site",), role_arn=world.action_role)
    assert run(world, action).failure is None
    body = world.root.client("s3").get_object(Bucket=site, Key="release.zip")["Body"].read()
    assert zipfile.ZipFile(io.BytesIO(body)).namelist() == ["index.html"]


def test_a_bucket_that_is_not_there_fails_the_deployment(world: World) -> None:
    world.artifact("Site", {"index.html": "<h1>"})
    configuration = {"BucketName": f"missing-{uuid4().hex}", "Extract": "true"}
    action = an_action("Deploy", "S3", configuration, inputs=("Site",), role_arn=world.action_role)
    failure = run(world, action).failure
    assert failure
    assert failure.code == "JobFailed"


# Step Functions


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


# Configuration

CONNECTION = {"ConnectionArn": "arn:x", "FullRepositoryId": "a/b", "BranchName": "main"}
STACK = {"ActionMode": "CREATE_UPDATE", "StackName": "s", "TemplatePath": "In::t.json", "RoleArn": "arn:x"}


def without(values: Mapping[str, str], *keys: str) -> dict[str, str]:
    return {key: value for key, value in values.items() if key not in keys}


MALFORMED = [
    (
        "Source",
        "CodeStarSourceConnection",
        without(CONNECTION, "BranchName"),
        (0, 1),
        "BranchName is missing",
    ),
    ("Source", "CodeStarSourceConnection", CONNECTION | {"Branch": "x"}, (0, 1), "Branch is not a key"),
    ("Source", "CodeStarSourceConnection", CONNECTION | {"DetectChanges": "yes"}, (0, 1), "use one of true"),
    ("Source", "CodeStarSourceConnection", CONNECTION | {"OutputArtifactFormat": "ZIP"}, (0, 1), "CODE_ZIP"),
    ("Source", "CodeStarSourceConnection", CONNECTION, (0, 2), "outputArtifacts has 2 entries"),
    ("Source", "CodeCommit", {"RepositoryName": "r"}, (0, 1), "BranchName is missing"),
    ("Source", "S3", {"S3Bucket": "b"}, (0, 1), "S3ObjectKey is missing"),
    ("Source", "S3", {"S3Bucket": "b", "S3ObjectKey": "k"}, (1, 1), "inputArtifacts has 1 entries"),
    ("Deploy", "CloudFormation", without(STACK, "ActionMode"), (1, 0), "ActionMode is missing"),
    ("Deploy", "CloudFormation", STACK | {"ActionMode": "UPSERT"}, (1, 0), "use one of CREATE_UPDATE"),
    ("Deploy", "CloudFormation", without(STACK, "RoleArn"), (1, 0), "RoleArn is missing"),
    ("Deploy", "CloudFormation", without(STACK, "TemplatePath"), (1, 0), "TemplatePath is missing"),
    ("Deploy", "CloudFormation", STACK | {"TemplatePath": "t.json"}, (1, 0), "write 'Artifact::path"),
    ("Deploy", "CloudFormation", STACK | {"TemplatePath": "Other::t"}, (1, 0), "no input of this action"),
    ("Deploy", "CloudFormation", STACK | {"Capabilities": "CAPABILITY_ALL"}, (1, 0), "'CAPABILITY_ALL'"),
    ("Deploy", "CloudFormation", STACK | {"ParameterOverrides": "{"}, (1, 0), "is not JSON"),
    ("Deploy", "CloudFormation", STACK | {"ParameterOverrides": "[]"}, (1, 0), "write a JSON object"),
    ("Deploy", "CloudFormation", STACK | {"OutputFileName": "o.json"}, (1, 0), "there is no output artifact"),
    ("Deploy", "CloudFormation", STACK | {"ActionMode": "CHANGE_SET_REPLACE"}, (1, 0), "ChangeSetName is mi"),
    ("Deploy", "CloudFormation", STACK | {"Stack": "s"}, (1, 0), "Stack is not a key"),
    ("Deploy", "S3", {"BucketName": "b"}, (1, 0), "Extract is missing"),
    ("Deploy", "S3", {"BucketName": "b", "Extract": "false"}, (1, 0), "ObjectKey is missing: Extract is f"),
    ("Deploy", "S3", {"BucketName": "b", "Extract": "true", "CannedACL": "all"}, (1, 0), "bucket-owner-read"),
    ("Approval", "Manual", {"Topic": "x"}, (0, 0), "Topic is not a key"),
    ("Invoke", "Lambda", {}, (0, 0), "FunctionName is missing"),
    ("Invoke", "StepFunctions", {"StateMachineArn": "a", "InputType": "X"}, (0, 0), "use one of Literal"),
    (
        "Invoke",
        "StepFunctions",
        {"StateMachineArn": "a", "InputType": "FilePath"},
        (1, 0),
        "Input is missing",
    ),
]


@pytest.mark.parametrize(("category", "provider", "configuration", "artifacts", "message"), MALFORMED)
def test_malformed_configuration_names_the_key_and_the_remedy(
    category: str, provider: str, configuration: dict[str, str], artifacts: tuple[int, int], message: str
) -> None:
    inputs, outputs = ("In", "In2")[: artifacts[0]], ("Out", "Out2")[: artifacts[1]]
    action = an_action(category, provider, configuration, inputs=inputs, outputs=outputs)
    with pytest.raises(UnsupportedAction) as refused:
        provider_for(action.type).check(action)
    assert message in str(refused.value)
    assert f"action 'Act' ({provider}): " in str(refused.value)


def test_values_that_are_variables_are_not_judged_before_they_are_known() -> None:
    values = STACK | {
        "ActionMode": "CREATE_UPDATE",
        "StackName": "#{Source.Name}",
        "Capabilities": "#{variables.C}",
    }
    action = an_action("Deploy", "CloudFormation", values, inputs=("In",))
    provider_for(action.type).check(action)


def test_what_is_not_supported_is_named_with_what_is() -> None:
    with pytest.raises(UnsupportedAction) as refused:
        provider_for(an_action("Deploy", "CloudFormationStackSet", {}).type)
    words = str(refused.value)
    assert "Deploy/AWS/CloudFormationStackSet is not supported" in words
    assert "one CloudFormation action for each account and region" in words
    assert "Source/AWS/CodeStarSourceConnection" in words
    assert "docs/rehearsal.md" in words
    with pytest.raises(UnsupportedAction, match="Deploy/Custom/CloudFormation is not supported"):
        provider_for(an_action("Deploy", "CloudFormation", {}, owner="Custom").type)
    with pytest.raises(UnsupportedAction, match="'NoSuchRule' is not supported"):
        rule_for("NoSuchRule")
    assert ("Deploy", "AWS", "CloudFormation") in supported()
