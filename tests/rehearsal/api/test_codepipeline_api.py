"""boto3 and the AWS CLI against the embedded `codepipeline`: real roles, real S3, AWS's own errors."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import pytest

from rehearsal.daemon import client
from rehearsal.emulator.environment import clean_environment
from tests.patience import until
from tests.rehearsal.api.conftest import Yard, action, refused

STARTED: tuple[Literal["All", "Latest"], ...] = ("All", "Latest")


def test_delivers_after_an_approval(yard: Yard) -> None:
    yard.create()
    execution = yard.start()
    token = yard.token()
    yard.answer("Approved")
    found = yard.wait(execution, "Succeeded")
    assert found["artifactRevisions"][0]["name"] == "Code"
    version = found["artifactRevisions"][0]["revisionId"]
    listed = yard.aws.client("s3").list_objects_v2(Bucket=yard.bucket("target"))
    assert [item["Key"] for item in listed["Contents"]] == [f"{version}/hello.txt"]
    again = refused(
        yard.codepipeline.put_approval_result,
        pipelineName=yard.name,
        stageName="Deploy",
        actionName="Ok",
        result={"summary": "", "status": "Rejected"},
        token=token,
    )
    assert again[0] == "ApprovalAlreadyCompletedException"


def test_tells_of_every_action(yard: Yard) -> None:
    yard.create()
    execution = yard.start()
    yard.answer("Rejected")
    yard.wait(execution, "Failed")
    listed = yard.codepipeline.list_action_executions(
        pipelineName=yard.name, filter={"pipelineExecutionId": execution}
    )["actionExecutionDetails"]
    assert [(found["actionName"], found["status"]) for found in listed] == [
        ("Ok", "Failed"),
        ("Src", "Succeeded"),
    ]
    assert listed[1]["output"]["outputVariables"]["ObjectKey"] == "src.zip"
    assert listed[1]["output"]["outputArtifacts"][0]["s3location"]["bucket"] == yard.bucket("artifacts")
    assert listed[0]["updatedBy"] == f"arn:aws:iam::{yard.endpoint.account}:root"
    assert "Rejected" in listed[0]["output"]["executionResult"]["errorDetails"]["message"]
    summaries = yard.codepipeline.list_pipeline_executions(pipelineName=yard.name)
    assert [found["status"] for found in summaries["pipelineExecutionSummaries"]] == ["Failed"]


def test_retries_stops_and_keeps_the_reason(yard: Yard) -> None:
    yard.create()
    execution = yard.start()
    yard.answer("Rejected")
    yard.wait(execution, "Failed")
    where = {"pipelineName": yard.name, "pipelineExecutionId": execution}
    yard.codepipeline.retry_stage_execution(**where, stageName="Deploy", retryMode="FAILED_ACTIONS")
    token = yard.token()
    listed = {
        started: [
            found["actionName"]
            for found in yard.codepipeline.list_action_executions(
                pipelineName=yard.name,
                filter={
                    "latestInPipelineExecution": {"pipelineExecutionId": execution, "startTimeRange": started}
                },
            )["actionExecutionDetails"]
        ]
        for started in STARTED
    }
    assert listed == {"All": ["Ok", "Ok", "Src"], "Latest": ["Ok", "Src"]}
    state = yard.stage_state("Deploy")
    assert state["retryStageMetadata"] == {
        "manualStageRetryAttempt": 1,
        "latestRetryTrigger": "ManualStageRetry",
    }
    yard.codepipeline.stop_pipeline_execution(**where, abandon=True, reason="enough")
    yard.wait(execution, "Stopped")
    late = refused(yard.answer, status="Approved", token=token)
    assert late[0] == "InvalidApprovalTokenException"
    summary = yard.codepipeline.list_pipeline_executions(pipelineName=yard.name)
    assert summary["pipelineExecutionSummaries"][0]["stopTrigger"] == {"reason": "enough"}
    again = refused(yard.codepipeline.stop_pipeline_execution, **where)
    assert again[0] == "PipelineExecutionNotStoppableException"


def test_holds_executions_at_a_disabled_transition(yard: Yard) -> None:
    yard.create()
    where: Any = {"pipelineName": yard.name, "stageName": "Deploy", "transitionType": "Inbound"}
    yard.codepipeline.disable_stage_transition(**where, reason="freeze")
    execution = yard.start()
    until(lambda: "inboundExecutions" in yard.stage_state("Deploy"), "nobody waits at the door")
    state = yard.stage_state("Deploy")
    assert state["inboundExecutions"][0]["pipelineExecutionId"] == execution
    assert state["inboundTransitionState"]["disabledReason"] == "freeze"
    yard.codepipeline.enable_stage_transition(**where)
    yard.answer("Approved")
    yard.wait(execution, "Succeeded")


def test_updates_count_versions_and_answer_the_definition(yard: Yard) -> None:
    yard.create(variables=[{"name": "who", "defaultValue": "world"}])
    declared: Any = yard.codepipeline.get_pipeline(name=yard.name)["pipeline"]
    assert declared["version"] == 1
    assert yard.codepipeline.update_pipeline(pipeline=declared)["pipeline"]["version"] == 1
    declared["variables"][0]["defaultValue"] = "people"
    assert yard.codepipeline.update_pipeline(pipeline=declared)["pipeline"]["version"] == 2
    before = yard.codepipeline.get_pipeline(name=yard.name, version=1)["pipeline"]
    assert before["variables"][0]["defaultValue"] == "world"
    assert refused(yard.codepipeline.get_pipeline, name=yard.name, version=9)[0] == (
        "PipelineVersionNotFoundException"
    )


def test_keeps_tags(yard: Yard) -> None:
    yard.create()
    arn = yard.codepipeline.get_pipeline(name=yard.name)["metadata"]["pipelineArn"]
    yard.codepipeline.tag_resource(
        resourceArn=arn, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
    )
    yard.codepipeline.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert yard.codepipeline.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": "2"}]
    other = arn.replace(yard.name, "nobody")
    assert refused(yard.codepipeline.list_tags_for_resource, resourceArn=other)[0] == (
        "ResourceNotFoundException"
    )


def test_a_token_starts_once(yard: Yard) -> None:
    yard.create()
    clients = [yard.codepipeline for _ in range(8)]
    with ThreadPoolExecutor(len(clients)) as pool:
        started = pool.map(
            lambda found: found.start_pipeline_execution(name=yard.name, clientRequestToken="one"), clients
        )
    assert len({answer["pipelineExecutionId"] for answer in started}) == 1
    listed = yard.codepipeline.list_pipeline_executions(pipelineName=yard.name)
    assert len(listed["pipelineExecutionSummaries"]) == 1
    yard.answer("Rejected")


def test_pages_long_answers(yard: Yard) -> None:
    yard.create()
    for _ in range(3):
        execution = yard.start()
        yard.answer("Rejected")
        yard.wait(execution, "Failed")
    pages = yard.codepipeline.get_paginator("list_pipeline_executions").paginate(
        pipelineName=yard.name, PaginationConfig={"PageSize": 2}
    )
    assert [len(found["pipelineExecutionSummaries"]) for found in pages] == [2, 1]
    assert refused(yard.codepipeline.list_pipeline_executions, pipelineName=yard.name, nextToken="x")[0] == (
        "InvalidNextTokenException"
    )


def test_a_pipeline_belongs_to_its_account_and_region(yard: Yard) -> None:
    yard.create()
    elsewhere = client.session(yard.endpoint, region="us-east-1").client("codepipeline")
    other = client.session(yard.endpoint, account="444455556666").client("codepipeline")
    for found in (elsewhere, other):
        assert refused(found.get_pipeline, name=yard.name)[0] == "PipelineNotFoundException"
        assert yard.name not in [item["name"] for item in found.list_pipelines()["pipelines"]]


def test_deleting_ends_what_runs(yard: Yard) -> None:
    yard.create()
    yard.start()
    yard.token()
    yard.codepipeline.delete_pipeline(name=yard.name)
    assert refused(yard.codepipeline.get_pipeline_state, name=yard.name)[0] == "PipelineNotFoundException"
    yard.codepipeline.delete_pipeline(name=yard.name)


MISTAKES: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "create_pipeline",
        {"pipeline": {"name": "x", "roleArn": "r", "stages": []}},
        "ValidationException",
        "roleArn",
    ),
    ("get_pipeline", {"name": "nobody"}, "PipelineNotFoundException", "nobody"),
    ("start_pipeline_execution", {"name": "nobody"}, "PipelineNotFoundException", "nobody"),
    ("get_pipeline_state", {"name": "no spaces"}, "ValidationException", "regular expression pattern"),
    ("list_pipelines", {"maxResults": 5000}, "ValidationException", "less than or equal to 1000"),
    ("get_job_details", {"jobId": "00000000-0000-0000-0000-000000000000"}, "JobNotFoundException", "no job"),
    (
        "poll_for_jobs",
        {"actionTypeId": {"category": "Build", "owner": "Custom", "provider": "x", "version": "1"}},
        "ValidationException",
        "does not support PollForJobs",
    ),
]


@pytest.mark.parametrize(("operation", "arguments", "code", "says"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_refuses_by_awss_names(
    yard: Yard, operation: str, arguments: dict[str, Any], code: str, says: str
) -> None:
    from botocore.config import Config

    lenient = yard.aws.client("codepipeline", config=Config(parameter_validation=False))
    found = refused(getattr(lenient, operation), **arguments)
    assert found[0] == code
    assert says in found[1]


def test_refuses_definitions_by_place(yard: Yard) -> None:
    declared = yard.declaration()
    declared["stages"][1]["actions"][1]["inputArtifacts"] = [{"name": "Nothing"}]
    code, message = refused(yard.codepipeline.create_pipeline, pipeline=declared)
    assert code == "InvalidActionDeclarationException"
    assert "stage 'Deploy', action 'Copy'" in message
    declared["stages"][1]["actions"][1] = action("Odd", "Deploy", "Elsewhere", inputs=["Code"], runOrder=2)
    code, message = refused(yard.codepipeline.create_pipeline, pipeline=declared)
    assert "Deploy/AWS/Elsewhere is not supported" in message


def test_state_changes_reach_rules_on_the_event_bus(yard: Yard) -> None:
    sqs, events = yard.aws.client("sqs"), yard.aws.client("events")
    queue = sqs.create_queue(QueueName=f"events-{yard.tag}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    pattern = {
        "source": ["aws.codepipeline"],
        "detail-type": ["CodePipeline Pipeline Execution State Change"],
        "detail": {"pipeline": [yard.name], "state": ["FAILED"]},
    }
    events.put_rule(Name=f"failed-{yard.tag}", EventPattern=json.dumps(pattern))
    events.put_targets(Rule=f"failed-{yard.tag}", Targets=[{"Id": "queue", "Arn": arn}])
    yard.create()
    execution = yard.start()
    yard.answer("Rejected")
    message = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"][0]
    event = json.loads(message["Body"])
    assert event["detail"]["execution-id"] == execution
    assert event["detail"]["execution-trigger"]["trigger-type"] == "StartPipelineExecution"


def test_the_aws_cli_speaks_to_it(yard: Yard, tmp_path: Path) -> None:
    environment = clean_environment(
        endpoint_url=yard.endpoint.url,
        region=yard.endpoint.region,
        key=client.root_key(yard.endpoint),
        home=tmp_path,
        person={"PATH": os.environ["PATH"]},
    )

    def aws(*arguments: str) -> Any:
        command = [str(Path(sys.executable).with_name("aws")), "codepipeline", *arguments]
        answer = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return json.loads(answer.stdout) if answer.stdout else None

    declared = tmp_path / "pipeline.json"
    declared.write_text(json.dumps({"pipeline": yard.declaration()}))
    aws("create-pipeline", "--cli-input-json", declared.as_uri())
    execution = aws("start-pipeline-execution", "--name", yard.name)["pipelineExecutionId"]
    aws(
        *("put-approval-result", "--pipeline-name", yard.name, "--stage-name", "Deploy"),
        *("--action-name", "Ok", "--result", "summary=ok,status=Approved", "--token", yard.token()),
    )
    yard.wait(execution, "Succeeded")
    state = aws("get-pipeline-state", "--name", yard.name)
    assert [stage["latestExecution"]["status"] for stage in state["stageStates"]] == ["Succeeded"] * 2


def test_executions_leave_no_connection_open(yard: Yard) -> None:
    """Some 27 stayed open after each, so that the endpoint stopped accepting after a morning's work."""
    stages = yard.declaration()["stages"]
    stages[1]["actions"] = [found for found in stages[1]["actions"] if found["name"] != "Ok"]
    yard.create(stages=stages)
    descriptors = Path(f"/proc/{yard.endpoint.pid}/fd")
    before = len(list(descriptors.iterdir()))
    for _ in range(5):
        yard.wait(yard.start(), "Succeeded")
    until(lambda: len(list(descriptors.iterdir())) < before + 10, "connections stay open")
