"""A daemon that tests kill, and stacks that stay in progress for as long as they need it."""

import os
import signal
import time
from typing import Any

import boto3

from rehearsal.daemon import client
from rehearsal.home import Endpoint, Home
from tests.patience import until
from tests.rehearsal.cloud.stacks import Stacks, function, trusted_by

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


SLOW = """
import time, urllib.request, json
def handler(event, context):
    properties = event["ResourceProperties"]
    if event["RequestType"] == properties["When"]:
        time.sleep(max(0, float(properties["Until"]) - time.time()))
    answer = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {"Status": "SUCCESS", "PhysicalResourceId": "slow"}
    request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT")
    urllib.request.urlopen(request)
"""


def slow(when: str, *, seconds: float) -> dict[str, Any]:
    """The queue comes after, and goes before, what takes its time; the function and its role stay so long."""
    until_then = {"When": when, "Until": str(time.time() + seconds)}
    properties = {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, **until_then}
    return {
        "Role": trusted_by("lambda", "service-role/AWSLambdaBasicExecutionRole"),
        "Function": function(SLOW),
        "Slow": {"Type": "Custom::Slow", "Properties": properties},
        "Queue": {**QUEUE, "DependsOn": "Slow"},
    }


class Daemon:
    """The embedded AWS of one home, from one start to the next."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.endpoint = self._start()

    def kill(self) -> None:
        os.kill(self.endpoint.pid, signal.SIGKILL)
        until(lambda: client.answering(self.home) is None, "the killed daemon still answers")

    def killed_and_started(self) -> tuple[str, ...]:
        self.kill()
        return self.start()

    def start(self) -> tuple[str, ...]:
        """What the next one says."""
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


def names_of_stacks(daemon: Daemon) -> list[str]:
    listed = daemon.aws.client("cloudformation").list_stacks()["StackSummaries"]
    return [found["StackName"] for found in listed if found["StackStatus"] != "DELETE_COMPLETE"]


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
