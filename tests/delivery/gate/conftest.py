"""A pipeline on the embedded AWS whose deployment and gate a test performs: real script, real executions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from rehearsal.daemon import client
from rehearsal.home import Endpoint, Home
from tests.delivery.pipeline.conftest import PROJECT
from tests.patience import until

ACCOUNT, REGION = "444455556666", "us-east-1"
OF_THE_LOOKUP_ROLE = "arn:aws:iam::aws:policy/ReadOnlyAccess"
"""As the bootstrap stack attaches it."""


@dataclass
class Site:
    """One environment: its pipeline has a stage Prod that deploys and then asks the gate."""

    aws: boto3.session.Session
    tag: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    topic: str = ""
    queue: str = ""
    lookup: str = ""

    @property
    def name(self) -> str:
        return f"acme-{self.tag}"

    @property
    def codepipeline(self) -> Any:
        return self.aws.client("codepipeline")

    @property
    def cloudwatch(self) -> Any:
        return self.aws.client("cloudwatch")

    def alarm(self, name: str, state: str = "OK") -> str:
        """A metric alarm that stays as it is told."""
        named = f"{self.name}-{name}"
        watched = {"Namespace": self.name, "MetricName": name, "Statistic": "Sum", "Period": 60}
        self.cloudwatch.put_metric_alarm(
            AlarmName=named,
            **watched,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="ignore",
        )
        self._set(name, state)
        return named

    def set(self, name: str, state: str) -> None:
        time.sleep(1.1)  # histories are kept in whole seconds here
        self._set(name, state)

    def _set(self, name: str, state: str) -> None:
        self.cloudwatch.set_alarm_state(
            AlarmName=f"{self.name}-{name}", StateValue=state, StateReason="told to"
        )

    def composite(self, name: str, *children: str) -> str:
        rule = " OR ".join(f'ALARM("{child}")' for child in children) or "FALSE"
        named = f"{self.name}-{name}"
        self.cloudwatch.put_composite_alarm(AlarmName=named, AlarmRule=rule)
        return named

    def start(self, **variables: str) -> str:
        given = {"variables": [{"name": name, "value": value} for name, value in variables.items()]}
        started = self.codepipeline.start_pipeline_execution(name=self.name, **(given if variables else {}))
        execution = str(started["pipelineExecutionId"])
        self.answer("Deploy", execution)
        self.token("Bake", execution)
        return execution

    def token(self, action: str, execution: str) -> str:
        def found() -> str:
            states = self.codepipeline.get_pipeline_state(name=self.name)["stageStates"]
            prod = next(state for state in states if state["stageName"] == "Prod")
            if prod.get("latestExecution", {}).get("pipelineExecutionId") != execution:
                return ""
            (state,) = (found for found in prod["actionStates"] if found["actionName"] == action)
            return str(state.get("latestExecution", {}).get("token", ""))

        until(lambda: bool(found()), f"{action} of {execution} does not wait")
        return found()

    def answer(self, action: str, execution: str, status: str = "Approved") -> None:
        self.codepipeline.put_approval_result(
            pipelineName=self.name,
            stageName="Prod",
            actionName=action,
            result={"summary": "the script's end", "status": status},
            token=self.token(action, execution),
        )

    def gate(self, execution: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Runs the step; it does not answer for it."""
        credentials = self.aws.get_credentials()
        assert credentials is not None
        told = {
            "AWS_ENDPOINT_URL": self.codepipeline.meta.endpoint_url,
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "DELIVERY_REGION": REGION,
            "EXECUTION_ID": execution,
            "HEALTH_ALARM": f"{self.name}-health",
            "LOOKUP_ROLE_ARN": self.lookup,
            "NOTIFICATION_TOPIC": self.topic,
            "PIPELINE_ACTION": "Bake",
            "PIPELINE_NAME": self.name,
            "PIPELINE_STAGE": "Prod",
            "SLIPWAY_BAKE_MINUTES": "15",
            "SLIPWAY_BAKE_SECONDS": "0",
        }
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return subprocess.run(
            ["bash", "pipeline/steps/bake.sh"],
            env={**clean, **told, **more},
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )

    def passes(self, execution: str, **more: str) -> str:
        """The step's words; its end is the action's."""
        outcome = self.gate(execution, **more)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        self.answer("Bake", execution)
        self.ends(execution, "Succeeded")
        return outcome.stdout

    def fails(self, execution: str, **more: str) -> str:
        outcome = self.gate(execution, **more)
        assert outcome.returncode == 1, outcome.stdout + outcome.stderr
        self.answer("Bake", execution, "Rejected")
        self.ends(execution, "Failed")
        return outcome.stdout + outcome.stderr

    def ends(self, execution: str, status: str) -> None:
        until(lambda: self.execution(execution)["status"] != "InProgress", "the execution did not end")
        assert self.execution(execution)["status"] == status

    def execution(self, execution: str) -> Mapping[str, Any]:
        answer = self.codepipeline.get_pipeline_execution(
            pipelineName=self.name, pipelineExecutionId=execution
        )
        return dict(answer["pipelineExecution"])

    def roll_back(self) -> str:
        """The execution that the failure before started; it has deployed and asks the gate."""

        def newest() -> Any:
            found = self.codepipeline.list_pipeline_executions(pipelineName=self.name)
            return found["pipelineExecutionSummaries"][0]

        until(lambda: newest().get("executionType") == "ROLLBACK", "nothing is rolled back")
        execution = str(newest()["pipelineExecutionId"])
        self.answer("Deploy", execution)
        self.token("Bake", execution)
        return execution

    def mail(self) -> list[tuple[str, str]]:
        """Subject and text of what people were told since the last look."""
        client: Any = self.aws.client("sqs")
        asked = client.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=2)
        got = asked.get("Messages", [])
        for found in got:
            client.delete_message(QueueUrl=self.queue, ReceiptHandle=found["ReceiptHandle"])
        bodies = [json.loads(found["Body"]) for found in got]
        return [(body["Subject"], body["Message"]) for body in bodies]

    def create(self) -> None:
        self._topic()
        root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        self.lookup = self._role("lookup", root, [])
        self.aws.client("iam").attach_role_policy(RoleName=f"lookup-{self.tag}", PolicyArn=OF_THE_LOOKUP_ROLE)
        role = self._role("pipeline", {"Service": "codepipeline.amazonaws.com"}, ["s3:*", "sts:AssumeRole"])
        s3 = self.aws.client("s3")
        s3.create_bucket(Bucket=self.name)
        s3.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket=self.name, Key="source.zip", Body=b"PK\x05\x06" + bytes(18))
        source = _action("Src", "Source", "S3", outputArtifacts=[{"name": "Code"}])
        source["configuration"] = {
            "S3Bucket": self.name,
            "S3ObjectKey": "source.zip",
            "PollForSourceChanges": "false",
        }
        prod = [_action("Deploy", "Approval", "Manual"), _action("Bake", "Approval", "Manual", runOrder=2)]
        declared: Any = {
            "name": self.name,
            "roleArn": role,
            "artifactStore": {"type": "S3", "location": self.name},
            "pipelineType": "V2",
            "executionMode": "QUEUED",
            "variables": [{"name": "REPAIR", "defaultValue": "none"}],
            "stages": [
                {"name": "Source", "actions": [source]},
                {"name": "Prod", "actions": prod, "onFailure": {"result": "ROLLBACK"}},
            ],
        }
        self.codepipeline.create_pipeline(pipeline=declared)

    def _topic(self) -> None:
        sqs, sns = self.aws.client("sqs"), self.aws.client("sns")
        self.topic = sns.create_topic(Name=self.name)["TopicArn"]
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{self.name}"
        publisher = {"Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
        admitted = _document({"Effect": "Allow", "Resource": arn, **publisher})
        self.queue = sqs.create_queue(QueueName=self.name, Attributes={"Policy": admitted})["QueueUrl"]
        sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=arn)

    def _role(self, kind: str, principal: Mapping[str, str], actions: list[str]) -> str:
        client = self.aws.client("iam")
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        rights = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        named = f"{kind}-{self.tag}"
        made = client.create_role(RoleName=named, AssumeRolePolicyDocument=_document(trust))
        if actions:
            client.put_role_policy(RoleName=named, PolicyName="what", PolicyDocument=_document(rights))
        return made["Role"]["Arn"]


def _document(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _action(name: str, category: str, provider: str, **more: Any) -> dict[str, Any]:
    kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": name, "actionTypeId": kind, "inputArtifacts": [], "outputArtifacts": [], **more}


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    home = Home(tmp_path_factory.mktemp("gate") / ".slipway")
    yield client.start(home, account=ACCOUNT, region=REGION)
    client.stop(home)
    shutil.rmtree(home.root, ignore_errors=True)


@pytest.fixture
def site(cloud: Endpoint) -> Site:
    made = Site(aws=client.session(cloud))
    made.create()
    return made
