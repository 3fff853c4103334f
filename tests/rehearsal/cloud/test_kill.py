"""A real daemon killed at the moments that matter, and what the next one finds and settles."""

import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rehearsal.daemon import client
from rehearsal.home import Home
from tests.patience import until
from tests.rehearsal.cli.command import SLIPWAY
from tests.rehearsal.cloud.killed import (
    BUCKET,
    HANDLE,
    QUEUE,
    Daemon,
    names_of_pipelines,
    names_of_stacks,
    pipeline,
    slow,
    waiting_for,
)
from tests.rehearsal.cloud.stacks import template


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    daemon = Daemon(Home(tmp_path_factory.mktemp("killed") / ".slipway"))
    yield daemon
    client.stop(daemon.home)


def test_what_was_acknowledged_is_there_after_a_kill(daemon: Daemon) -> None:
    table = {
        "KeySchema": [{"AttributeName": "key", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "key", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "kept", "SecretString": "first"}}
    made = daemon.stacks.deploy(
        "kept",
        {
            "Bucket": BUCKET,
            "Secret": secret,
            "Table": {"Type": "AWS::DynamoDB::Table", "Properties": table},
        },
        Bucket={"Ref": "Bucket"},
        Table={"Ref": "Table"},
    )
    assert daemon.killed_and_started() == (
        "The last daemon was killed; all state that it had acknowledged is restored.",
    )
    assert daemon.status("kept") == "CREATE_COMPLETE"

    daemon.aws.client("secretsmanager").put_secret_value(SecretId="kept", SecretString="second")
    daemon.killed_and_started()
    assert daemon.aws.client("secretsmanager").get_secret_value(SecretId="kept")["SecretString"] == "second"

    daemon.aws.client("dynamodb").put_item(TableName=made["Table"], Item={"key": {"S": "row"}})
    daemon.aws.client("s3").put_object(Bucket=made["Bucket"], Key="a/b", Body=b"content")
    daemon.killed_and_started()
    row = daemon.aws.client("dynamodb").get_item(TableName=made["Table"], Key={"key": {"S": "row"}})
    assert row["Item"]["key"] == {"S": "row"}
    assert daemon.aws.client("s3").get_object(Bucket=made["Bucket"], Key="a/b")["Body"].read() == b"content"


def test_what_many_are_told_at_once_is_there_after_a_kill(daemon: Daemon) -> None:
    """Saves that several requests share."""
    told: list[str] = []

    def put(number: int) -> None:
        name = f"/at-once/{number}"
        daemon.aws.client("ssm").put_parameter(Name=name, Value="x" * 4000, Type="String")
        told.append(name)

    with ThreadPoolExecutor(8) as pool:
        writing = [pool.submit(put, number) for number in range(200)]
        until(lambda: len(told) > 40, "nothing is acknowledged")
        acknowledged = list(told)
        daemon.kill()
        for waiting in writing:
            waiting.cancel()
    daemon.start()
    parameters = daemon.aws.client("ssm").get_paginator("get_parameters_by_path").paginate(Path="/at-once")
    there = {found["Name"] for page in parameters for found in page["Parameters"]}
    assert set(acknowledged) <= there


def test_polling_a_stack_does_not_put_off_its_save(daemon: Daemon) -> None:
    """Status is asked for by POST; once those postponed every save."""
    daemon.stacks.deploy("polled", {"Queue": QUEUE})
    before = daemon.queues()
    daemon.killed_and_started()
    assert daemon.status("polled") == "CREATE_COMPLETE"
    assert daemon.queues() == before


def test_a_create_that_was_cut_off_is_rolled_back(daemon: Daemon) -> None:
    """Also what was made long after the last save."""
    before = (daemon.queues(), daemon.buckets())
    resources = {
        **slow("Create", seconds=4),
        "Bucket": {**BUCKET, "DependsOn": "Slow"},
        "Handle": HANDLE,
        "Wait": waiting_for("Bucket"),
    }
    cloudformation = daemon.aws.client("cloudformation")
    cloudformation.create_stack(
        StackName="cut-off", TemplateBody=template(resources), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    daemon.await_event("cut-off", "Wait", "CREATE_IN_PROGRESS")
    (made,) = set(daemon.buckets()) - set(before[1])
    saved: Any = {"Key": "saved", "Value": "the bucket, and not its stack"}
    daemon.aws.client("s3").put_bucket_tagging(Bucket=made, Tagging={"TagSet": [saved]})
    said = daemon.killed_and_started()
    assert any("cut-off" in s and "CREATE_IN_PROGRESS" in s and "is ROLLBACK_COMPLETE" in s for s in said)
    assert daemon.status("cut-off") == "ROLLBACK_COMPLETE"
    assert "The rehearsal was interrupted" in daemon.stacks.reasons("cut-off")
    assert (daemon.queues(), daemon.buckets()) == before
    daemon.stacks.delete("cut-off")
    daemon.stacks.deploy("cut-off", {"Queue": QUEUE})


def test_an_update_that_was_cut_off_goes_back_to_what_was_before(daemon: Daemon) -> None:
    def resources(value: str, **more: Any) -> dict[str, Any]:
        parameter = {"Name": "/updated", "Type": "String", "Value": value}
        return {"Parameter": {"Type": "AWS::SSM::Parameter", "Properties": parameter}, "Queue": QUEUE, **more}

    daemon.stacks.deploy("updated", resources("first"), Queue={"Ref": "Queue"})
    queues = daemon.queues()
    new = resources("second", Added=QUEUE, Handle=HANDLE, Wait=waiting_for("Added", "Parameter"))
    daemon.aws.client("cloudformation").update_stack(StackName="updated", TemplateBody=template(new))
    daemon.await_event("updated", "Wait", "UPDATE_IN_PROGRESS")
    parameters = daemon.aws.client("ssm")
    assert parameters.get_parameter(Name="/updated")["Parameter"]["Value"] == "second"
    daemon.killed_and_started()
    assert daemon.status("updated") == "UPDATE_ROLLBACK_COMPLETE"
    after = daemon.aws.client("ssm").get_parameter(Name="/updated")["Parameter"]["Value"]
    assert (after, daemon.queues()) == ("first", queues)
    daemon.stacks.deploy("updated", resources("third"))
    assert daemon.aws.client("ssm").get_parameter(Name="/updated")["Parameter"]["Value"] == "third"


def test_a_deletion_that_was_cut_off_has_failed_and_can_be_asked_for_again(daemon: Daemon) -> None:
    before = daemon.queues()
    daemon.stacks.deploy("leaving", slow("Delete", seconds=60))
    daemon.aws.client("cloudformation").delete_stack(StackName="leaving")
    daemon.await_event("leaving", "Slow", "DELETE_IN_PROGRESS")
    daemon.killed_and_started()
    assert daemon.status("leaving") == "DELETE_FAILED"
    daemon.aws.client("cloudformation").delete_stack(StackName="leaving", RetainResources=["Slow"])
    until(lambda: not daemon.stacks.exists("leaving"), "the stack is still there")
    assert daemon.queues() == before  # whether or not the kill came before its first deletion was saved


def test_an_update_with_only_deletions_left_is_completed(daemon: Daemon) -> None:
    """What it would go back to is not there any more."""
    before = daemon.queues()
    resources = slow("Delete", seconds=15)
    daemon.stacks.deploy("tidied", resources)
    fewer = {name: resources[name] for name in ("Role", "Function")} | {"Bucket": BUCKET}
    daemon.aws.client("cloudformation").update_stack(
        StackName="tidied", TemplateBody=template(fewer), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    until(lambda: daemon.queues() == before, "the queue is still there")
    assert daemon.status("tidied") == "UPDATE_IN_PROGRESS"
    daemon.killed_and_started()
    until(lambda: daemon.status("tidied") == "UPDATE_COMPLETE", lambda: daemon.status("tidied"))
    assert daemon.queues() == before
    held = daemon.aws.client("cloudformation").list_stack_resources(StackName="tidied")
    names = {found["LogicalResourceId"] for found in held["StackResourceSummaries"]}
    assert names == {"Role", "Function", "Bucket"}


def test_a_nested_stack_goes_with_its_parent(daemon: Daemon) -> None:
    before = daemon.queues()
    s3 = daemon.aws.client("s3")
    s3.create_bucket(Bucket="templates", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    nested = {"Queue": QUEUE, "Handle": HANDLE, "Wait": waiting_for("Queue")}
    s3.put_object(Bucket="templates", Key="nested.json", Body=template(nested).encode())
    address = f"{daemon.endpoint.url}/templates/nested.json"
    child = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": address}}
    cloudformation = daemon.aws.client("cloudformation")
    cloudformation.create_stack(StackName="parent", TemplateBody=template({"Child": child}))
    until(lambda: len(daemon.queues()) > len(before), "the nested stack made no queue")
    daemon.killed_and_started()
    assert daemon.status("parent") == "ROLLBACK_COMPLETE"
    assert daemon.queues() == before
    assert not [name for name in names_of_stacks(daemon) if name.startswith("parent-")]


def test_down_during_an_operation_ends_soon_and_the_next_start_settles_it(daemon: Daemon) -> None:
    before = daemon.queues()
    resources = {"Queue": QUEUE, "Handle": HANDLE, "Wait": waiting_for("Queue")}
    cloudformation = daemon.aws.client("cloudformation")
    cloudformation.create_stack(StackName="stopped", TemplateBody=template(resources))
    daemon.await_event("stopped", "Wait", "CREATE_IN_PROGRESS")
    begun = time.monotonic()
    down = slipway("down", daemon)
    assert time.monotonic() - begun < client.STOPPED_WITHIN, "it ended by a SIGKILL"
    assert "Interrupted: stack stopped (111122223333, eu-west-1) was in CREATE_IN_PROGRESS." in down
    assert "The state is kept" in down  # it was not killed
    assert "Stack stopped (111122223333, eu-west-1) was interrupted" in slipway("up", daemon)
    assert len(daemon.start()) == 1
    assert daemon.status("stopped") == "ROLLBACK_COMPLETE"
    assert daemon.queues() == before


def slipway(command: str, daemon: Daemon) -> str:
    arguments = [SLIPWAY, command, "--project", str(daemon.home.root.parent)]
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout


def test_a_pipeline_whose_stack_was_cut_off_does_not_keep_its_name(daemon: Daemon) -> None:
    resources = {**pipeline("delivery"), "Handle": HANDLE, "Wait": waiting_for("Pipeline")}
    cloudformation = daemon.aws.client("cloudformation")
    cloudformation.create_stack(
        StackName="delivery", TemplateBody=template(resources), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    daemon.await_event("delivery", "Wait", "CREATE_IN_PROGRESS")
    assert names_of_pipelines(daemon) == ["delivery"]
    daemon.killed_and_started()
    assert names_of_pipelines(daemon) == []
    daemon.stacks.delete("delivery")
    daemon.stacks.deploy("delivery", pipeline("delivery"))
    assert names_of_pipelines(daemon) == ["delivery"]


def test_a_pipeline_without_its_stack_is_found_and_deleted(daemon: Daemon) -> None:
    """As a daemon that lost the stack may have left it."""
    daemon.stacks.deploy("lost", pipeline("orphan"))
    daemon.kill()
    (daemon.home.state / "services" / "cloudformation.json").unlink()
    said = daemon.start()
    assert any("Pipeline orphan belonged to a stack that does not have it" in sentence for sentence in said)
    assert "orphan" not in names_of_pipelines(daemon)
