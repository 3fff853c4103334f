"""A real daemon killed at the moments that matter, and what the next one finds and settles."""

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from rehearsal.cloud import client
from rehearsal.home import Endpoint, Home
from tests.patience import until
from tests.rehearsal.cloud.stacks import Stacks, function, template, trusted_by

ACCOUNT, REGION = "111122223333", "eu-west-1"
QUEUE = {"Type": "AWS::SQS::Queue"}
BUCKET = {"Type": "AWS::S3::Bucket"}
HANDLE = {"Type": "AWS::CloudFormation::WaitConditionHandle"}


def waiting_for(*names: str) -> dict[str, Any]:
    """Nobody signals the handle, so an operation stays in progress here."""
    return {
        "Type": "AWS::CloudFormation::WaitCondition",
        "DependsOn": list(names),
        "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "900"},
    }


class Daemon:
    """The embedded AWS of one home, from one start to the next."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.endpoint = self._start()

    def kill(self) -> None:
        os.kill(self.endpoint.pid, signal.SIGKILL)
        os.waitpid(self.endpoint.pid, 0)

    def killed_and_started(self) -> tuple[str, ...]:
        """What the next one says."""
        self.kill()
        self.endpoint = self._start()
        return client.settled(self.home)

    def stopped_and_started(self) -> tuple[str, ...]:
        self.endpoint = self._start()
        return client.settled(self.home)

    def _start(self) -> Endpoint:
        return client.start(self.home, account=ACCOUNT, region=REGION)

    @property
    def aws(self) -> boto3.session.Session:
        return client.session(self.endpoint)

    @property
    def stacks(self) -> Stacks:
        return Stacks(session=self.aws)

    def status(self, stack: str) -> str:
        found = self.aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        return str(found["StackStatus"])

    def queues(self) -> list[str]:
        return [url.rpartition("/")[2] for url in self.aws.client("sqs").list_queues().get("QueueUrls", ())]

    def buckets(self) -> list[str]:
        return [bucket["Name"] for bucket in self.aws.client("s3").list_buckets()["Buckets"]]

    def await_event(self, stack: str, logical_id: str, status: str) -> None:
        cloudformation = self.aws.client("cloudformation")

        def seen() -> bool:
            events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
            return any((e["LogicalResourceId"], e["ResourceStatus"]) == (logical_id, status) for e in events)

        until(seen, f"{logical_id} of {stack} did not reach {status}")


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
    assert daemon.killed_and_started() == ("The last session was killed; what it had acknowledged is here.",)
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


def test_polling_a_stack_does_not_put_off_its_save(daemon: Daemon) -> None:
    """Status is asked for by POST; once those postponed every save."""
    daemon.stacks.deploy("polled", {"Queue": QUEUE})
    before = daemon.queues()
    daemon.killed_and_started()
    assert daemon.status("polled") == "CREATE_COMPLETE"
    assert daemon.queues() == before


def test_a_create_that_was_cut_off_is_rolled_back(daemon: Daemon) -> None:
    before = (daemon.queues(), daemon.buckets())
    resources = {
        "Queue": QUEUE,
        "Bucket": BUCKET,
        "Handle": HANDLE,
        "Wait": waiting_for("Queue", "Bucket"),
    }
    cloudformation = daemon.aws.client("cloudformation")
    cloudformation.create_stack(StackName="cut-off", TemplateBody=template(resources))
    daemon.await_event("cut-off", "Wait", "CREATE_IN_PROGRESS")
    assert len(daemon.buckets()) == len(before[1]) + 1
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


SLOW_TO_LEAVE = """
import time, urllib.request, json
def handler(event, context):
    if event["RequestType"] == "Delete":
        time.sleep(max(0, float(event["ResourceProperties"]["Until"]) - time.time()))
    answer = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {"Status": "SUCCESS", "PhysicalResourceId": "slow"}
    request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT")
    urllib.request.urlopen(request)
"""


def slow_to_leave(seconds: float) -> dict[str, Any]:
    """The queue goes first, then a deletion takes its time; the function and its role stay so long."""
    properties = {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Until": str(time.time() + seconds)}
    return {
        "Role": trusted_by("lambda", "service-role/AWSLambdaBasicExecutionRole"),
        "Function": function(SLOW_TO_LEAVE),
        "Slow": {"Type": "Custom::Slow", "Properties": properties},
        "Queue": {**QUEUE, "DependsOn": "Slow"},
    }


def test_a_deletion_that_was_cut_off_has_failed_and_can_be_asked_for_again(daemon: Daemon) -> None:
    before = daemon.queues()
    daemon.stacks.deploy("leaving", slow_to_leave(60))
    daemon.aws.client("cloudformation").delete_stack(StackName="leaving")
    daemon.await_event("leaving", "Slow", "DELETE_IN_PROGRESS")
    daemon.killed_and_started()
    assert daemon.status("leaving") == "DELETE_FAILED"
    assert daemon.queues() == before
    daemon.aws.client("cloudformation").delete_stack(StackName="leaving", RetainResources=["Slow"])
    until(lambda: not daemon.stacks.exists("leaving"), "the stack is still there")


def test_an_update_with_only_deletions_left_is_completed(daemon: Daemon) -> None:
    """What it would go back to is not there any more."""
    before = daemon.queues()
    resources = slow_to_leave(15)
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
    s3.create_bucket(Bucket="templates", CreateBucketConfiguration={"LocationConstraint": REGION})
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


def names_of_stacks(daemon: Daemon) -> list[str]:
    listed = daemon.aws.client("cloudformation").list_stacks()["StackSummaries"]
    return [found["StackName"] for found in listed if found["StackStatus"] != "DELETE_COMPLETE"]


def test_down_during_an_operation_ends_soon_and_the_next_start_settles_it(daemon: Daemon) -> None:
    before = daemon.queues()
    resources = {"Queue": QUEUE, "Handle": HANDLE, "Wait": waiting_for("Queue")}
    cloudformation = daemon.aws.client("cloudformation")
    cloudformation.create_stack(StackName="stopped", TemplateBody=template(resources))
    daemon.await_event("stopped", "Wait", "CREATE_IN_PROGRESS")
    ending = client.stop(daemon.home)
    assert ending is not None
    assert ending.problems == ()  # it was not killed
    assert [("stopped" in what, "CREATE_IN_PROGRESS" in what) for what in ending.cut_off] == [(True, True)]
    said = daemon.stopped_and_started()
    assert len(said) == 1
    assert daemon.status("stopped") == "ROLLBACK_COMPLETE"
    assert daemon.queues() == before


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
    """As an earlier session may have left it, which lost the stack."""
    daemon.stacks.deploy("lost", pipeline("orphan"))
    daemon.kill()
    (daemon.home.state / "services" / "cloudformation.json").unlink()
    said = daemon.stopped_and_started()
    assert any("Pipeline orphan belonged to a stack that does not have it" in sentence for sentence in said)
    assert "orphan" not in names_of_pipelines(daemon)


def names_of_pipelines(daemon: Daemon) -> list[str]:
    listed = daemon.aws.client("codepipeline").list_pipelines()["pipelines"]
    return [found["name"] for found in listed]


def pipeline(name: str) -> dict[str, Any]:
    source = {
        "Name": "Source",
        "ActionTypeId": {"Category": "Source", "Owner": "AWS", "Provider": "S3", "Version": "1"},
        "Configuration": {"S3Bucket": {"Ref": "Store"}, "S3ObjectKey": "source.zip"},
        "OutputArtifacts": [{"Name": "Sources"}],
    }
    approval = {
        "Name": "Approve",
        "ActionTypeId": {"Category": "Approval", "Owner": "AWS", "Provider": "Manual", "Version": "1"},
    }
    properties = {
        "Name": name,
        "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        "ArtifactStore": {"Type": "S3", "Location": {"Ref": "Store"}},
        "Stages": [{"Name": "Source", "Actions": [source]}, {"Name": "Prod", "Actions": [approval]}],
    }
    return {
        "Store": {**BUCKET, "Properties": {"VersioningConfiguration": {"Status": "Enabled"}}},
        "Role": trusted_by("codepipeline"),
        "Pipeline": {"Type": "AWS::CodePipeline::Pipeline", "Properties": properties},
    }
