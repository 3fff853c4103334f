"""Builds as actions of a pipeline that runs on the embedded AWS."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import boto3
import pytest

from rehearsal.engine.ports import UnsupportedAction
from rehearsal.home import Endpoint, Home
from rehearsal.model.definition import Action, ActionType
from rehearsal.providers.codebuild import CodeBuild
from rehearsal.record.record import Record
from tests.patience import until
from tests.rehearsal.builds.aws import LOGS, Account, commands, zipped
from tests.rehearsal.builds.traces import Trace

BUILDER = ["logs:*", "s3:*", "kms:*"]
STARTER = ["codebuild:StartBuild", "codebuild:StopBuild", "codebuild:BatchGetBuilds"]
ENDED = ("Succeeded", "Failed", "Stopped")


@dataclass
class Line:
    """A pipeline of an S3 source and builds; each build action is one stage."""

    account: Account
    bucket: str
    name: str = field(default_factory=lambda: f"line-{uuid4().hex[:8]}")
    stages: list[dict[str, Any]] = field(default_factory=list)

    def source(self, **files: str) -> None:
        self.account.session.client("s3").put_object(Bucket=self.bucket, Key="in.zip", Body=zipped(**files))

    def stage(self, *actions: dict[str, Any]) -> None:
        self.stages.append({"name": f"Stage{len(self.stages)}", "actions": list(actions)})

    def action(
        self,
        buildspec: str,
        *,
        inputs: tuple[str, ...] = ("Src",),
        outputs: tuple[str, ...] = (),
        builder: list[str] | None = None,
        starter: list[str] | None = None,
        **configuration: Any,
    ) -> dict[str, Any]:
        account = self.account
        project = account.project(
            buildspec,
            role=account.role("codebuild.amazonaws.com", BUILDER if builder is None else builder),
            source={"type": "CODEPIPELINE"},
            artifacts={"type": "CODEPIPELINE"},
            **configuration.pop("project", {}),
        )
        granted = STARTER if starter is None else starter
        on = f"arn:aws:codebuild:{account.region}:{account.number}:project/{project}"
        return {
            "name": f"Build{uuid4().hex[:4]}",
            "actionTypeId": {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"},
            "configuration": {"ProjectName": project, **configuration},
            "inputArtifacts": [{"name": name} for name in inputs],
            "outputArtifacts": [{"name": name} for name in outputs],
            "roleArn": account.role(f"arn:aws:iam::{account.number}:root", granted, on=on),
        }

    def create(self) -> None:
        source = {
            "name": "Source",
            "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "S3", "version": "1"},
            "configuration": {
                "S3Bucket": self.bucket,
                "S3ObjectKey": "in.zip",
                "PollForSourceChanges": "false",
            },
            "outputArtifacts": [{"name": "Src"}],
            "inputArtifacts": [],
        }
        role = self.account.role("codepipeline.amazonaws.com", ["s3:*", "sts:AssumeRole", "codebuild:*"])
        pipeline: Any = {
            "name": self.name,
            "roleArn": role,
            "artifactStore": {"type": "S3", "location": self.bucket},
            "stages": [{"name": "Source", "actions": [source]}, *self.stages],
            "version": 1,
        }
        self.account.session.client("codepipeline").create_pipeline(pipeline=pipeline)

    def run(self) -> str:
        client: Any = self.account.session.client("codepipeline")
        execution = client.start_pipeline_execution(name=self.name)["pipelineExecutionId"]
        while True:
            found = client.get_pipeline_execution(pipelineName=self.name, pipelineExecutionId=execution)
            if found["pipelineExecution"]["status"] in ENDED:
                return str(found["pipelineExecution"]["status"])
            time.sleep(0.05)

    def last(self) -> Mapping[str, Any]:
        """The newest action execution."""
        client: Any = self.account.session.client("codepipeline")
        return dict(client.list_action_executions(pipelineName=self.name)["actionExecutionDetails"][0])

    @property
    def message(self) -> str:
        details = self.last()["output"]["executionResult"]
        return str(
            details.get("errorDetails", {}).get("message") or details.get("externalExecutionSummary", "")
        )

    def artifact(self, name: str) -> list[str]:
        [place] = [
            item["s3location"] for item in self.last()["output"]["outputArtifacts"] if item["name"] == name
        ]
        body = self.account.session.client("s3").get_object(Bucket=place["bucket"], Key=place["key"])["Body"]
        return zipfile.ZipFile(io.BytesIO(body.read())).namelist()


@pytest.fixture
def line(cloud: Endpoint, aws: boto3.session.Session) -> Line:
    account = Account(session=aws, number=cloud.account, region=cloud.region)
    return Line(account=account, bucket=account.bucket())


def test_artifacts_and_variables_go_from_build_to_build(line: Line) -> None:
    making = commands(
        "V=$(cat version.txt)",
        "mkdir out && echo a > out/a.txt && echo b > b.txt",
        more="env: {exported-variables: [V]}\n"
        "artifacts: {secondary-artifacts: {Out: {base-directory: out, files: '*'}, Rest: {files: b.txt}}}\n",
    )
    checking = commands(
        "test $SEEN = 1.2",
        "cat a.txt $CODEBUILD_SRC_DIR_Rest/b.txt > both.txt",
        "echo $CODEBUILD_INITIATOR",
        more="artifacts: {files: both.txt}\n",
    )
    first = {**line.action(making, outputs=("Out", "Rest")), "namespace": "Made"}
    variables = json.dumps([{"name": "SEEN", "value": "#{Made.V}"}])
    second = line.action(
        checking,
        inputs=("Out", "Rest"),
        outputs=("Both",),
        PrimarySource="Out",
        EnvironmentVariables=variables,
    )
    line.source(version_txt="1.2\n")
    line.stage(first)
    line.stage(second)
    line.create()
    assert line.run() == "Succeeded", line.message
    assert line.artifact("Both") == ["both.txt"]
    assert line.last()["output"]["executionResult"]["externalExecutionId"].startswith("demo-")


def test_the_phase_that_failed_is_the_action_s_error(line: Line) -> None:
    line.source(x_txt="")
    line.stage(line.action(commands("exit 3")))
    line.create()
    assert line.run() == "Failed"
    assert line.message == (
        "Build terminated with state: FAILED. Phase: BUILD, Code: COMMAND_EXECUTION_ERROR, "
        "Message: Error while executing command: exit 3. Reason: exit status 3"
    )


def test_a_tool_that_called_aws_itself_is_the_action_s_hint(line: Line) -> None:
    line.source(x_txt="")
    line.stage(line.action(commands("echo InvalidClientTokenId: no such key; exit 1")))
    line.create()
    assert line.run() == "Failed"
    assert "Reason: exit status 1\nHint: a tool has probably called AWS itself" in line.message


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ({"starter": ["codebuild:BatchGetBuilds"]}, "not authorized to perform: codebuild:StartBuild"),
        ({"builder": [LOGS]}, "input artifact Src could not be downloaded"),
        ({"builder": [LOGS, "s3:GetObject*"]}, "output artifact Out could not be stored"),
    ],
    ids=["starting", "reading", "writing"],
)
def test_roles_need_what_they_need_on_aws(line: Line, roles: dict[str, Any], message: str) -> None:
    line.source(x_txt="x")
    line.stage(line.action(commands("true", more="artifacts: {files: x.txt}\n"), outputs=("Out",), **roles))
    line.create()
    assert line.run() == "Failed"
    assert message in line.message


def test_an_output_that_the_buildspec_does_not_know(line: Line) -> None:
    line.source(x_txt="x")
    line.stage(line.action(commands("true"), outputs=("Out",)))
    line.create()
    assert line.run() == "Failed"
    assert "does not say what output artifact Out holds; add `artifacts`" in line.message


def test_the_same_build_is_answered_from_memory(line: Line) -> None:
    trace = Trace()
    spec = commands(
        trace.command, "aws sts get-caller-identity > /dev/null", "echo made > out.txt",
        more="env: {exported-variables: [LEVEL]}\nartifacts: {files: out.txt}\n",
    )  # fmt: skip
    line.source(x_txt="one")
    variables = json.dumps([{"name": "LEVEL", "value": "a"}])
    line.stage(line.action(spec, outputs=("Out",), EnvironmentVariables=variables))
    line.create()
    assert line.run() == line.run() == "Succeeded"
    assert "reused result of build demo-" in line.message
    assert line.artifact("Out") == ["out.txt"]
    assert trace.count() == 1
    line.source(x_txt="two")
    assert line.run() == "Succeeded"
    assert "answered" not in line.message
    assert trace.count() == 2


DECLARING = "env: {variables: {SLIPWAY_READS: list.txt}}\n"


def test_a_change_of_a_file_that_the_build_does_not_read_cannot_matter(line: Line) -> None:
    line.stage(line.action(commands("ls", "cat main.txt", more=DECLARING)))
    line.source(list_txt="/main.txt", main_txt="one", notes_txt="a")
    line.create()
    assert line.run() == "Succeeded"
    assert "reused" not in line.message
    line.source(list_txt="/main.txt", main_txt="one", notes_txt="b")
    assert line.run() == "Succeeded"
    assert "reused result of build demo-" in line.message
    line.source(list_txt="/main.txt", main_txt="two", notes_txt="b")
    assert line.run() == "Succeeded"
    assert "reused" not in line.message


def test_a_file_that_the_build_does_not_declare_is_missing_until_the_source_lists_it(line: Line) -> None:
    line.stage(line.action(commands("cat notes.txt", more=DECLARING)))
    line.source(list_txt="main.txt", main_txt="one", notes_txt="a")
    line.create()
    assert line.run() == "Failed"
    assert "cat notes.txt" in line.message
    line.source(list_txt="*.txt", main_txt="one", notes_txt="a")
    assert line.run() == "Succeeded"


@pytest.mark.parametrize(
    "command",
    ["aws s3 ls > /dev/null", "curl -s $AWS_ENDPOINT_URL/_aws/execute-api/none/prod/ > /dev/null", "false"],
    ids=["signed call", "unsigned call", "failure"],
)
def test_what_spoke_to_aws_or_failed_is_not_remembered(line: Line, command: str) -> None:
    trace = Trace()
    line.source(x_txt="one")
    line.stage(line.action(commands(trace.command, command)))
    line.create()
    assert line.run() == line.run()
    assert trace.count() == 2


BAKING = 'env: {variables: {SLIPWAY_BAKE_MINUTES: "15"}}\n'


def test_a_build_that_watches_is_told_how_long_a_rehearsal_does(line: Line, cloud_home: Home) -> None:
    line.source(x_txt="x")
    line.stage(line.action(commands('test "$SLIPWAY_BAKE_SECONDS" = 2', more=BAKING)))
    line.create()
    assert line.run() == "Succeeded", line.message
    gaps = Record(cloud_home.record).gaps(line.last()["pipelineExecutionId"])
    assert "watches for 2 s instead of 15 min; `--bake real` waits" in [gap.reason for gap in gaps]


def test_another_build_is_told_nothing_of_it(line: Line) -> None:
    line.source(x_txt="x")
    line.stage(line.action(commands('test -z "${SLIPWAY_BAKE_SECONDS:-}"')))
    line.create()
    assert line.run() == "Succeeded", line.message


def test_a_stopped_execution_stops_its_build(line: Line) -> None:
    line.source(x_txt="x")
    line.stage(line.action(commands("sleep 300")))
    line.create()
    client: Any = line.account.session.client("codepipeline")
    execution = client.start_pipeline_execution(name=line.name)["pipelineExecutionId"]
    builds = line.account.session.client("codebuild")
    project = line.stages[0]["actions"][0]["configuration"]["ProjectName"]

    def started() -> list[str]:
        return list(builds.list_builds_for_project(projectName=project)["ids"])

    until(lambda: bool(started()), "no build started")
    [build] = started()
    line.account.await_phase(build, "BUILD")
    client.stop_pipeline_execution(pipelineName=line.name, pipelineExecutionId=execution, abandon=True)
    assert line.account.finished(build)["buildStatus"] == "STOPPED"


def _configured(**configuration: str) -> Action:
    return Action(
        name="Build",
        type=ActionType(category="Build", owner="AWS", provider="CodeBuild", version="1"),
        configuration={"ProjectName": "demo", **configuration},
        input_artifacts=("A", "B"),
    )


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({}, "PrimarySource is missing; name one of the inputs: A, B"),
        ({"PrimarySource": "C"}, "PrimarySource is 'C'; name one of the inputs: A, B"),
        ({"PrimarySource": "A", "BatchEnabled": "true"}, "batch builds are not supported"),
        ({"PrimarySource": "A", "EnvironmentVariables": "{"}, "EnvironmentVariables is not JSON"),
        ({"PrimarySource": "A", "EnvironmentVariables": "[1]"}, "write a JSON list of"),
        ({"PrimarySource": "A", "EnvironmentVariables": '[{"name": "X"}]'}, 'has the entry {"name": "X"}'),
        ({"PrimarySource": "A", "Computer": "big"}, "Computer is not a key of this kind of action"),
    ],
)
def test_wrong_configuration_is_refused(configuration: dict[str, str], message: str) -> None:
    with pytest.raises(UnsupportedAction) as refused:
        CodeBuild().check(_configured(**configuration))
    assert message in str(refused.value)


def test_right_configuration_is_accepted() -> None:
    variables = json.dumps(
        [{"name": "X", "value": "#{Source.CommitId}", "type": "PLAINTEXT"}, {"name": "Y", "value": ""}]
    )
    CodeBuild().check(_configured(PrimarySource="B", EnvironmentVariables=variables, BatchEnabled="false"))
