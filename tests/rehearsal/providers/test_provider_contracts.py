"""Every provider of this folder keeps to the contract of action providers."""

import json
import zipfile
from uuid import uuid4

import pytest

from rehearsal.engine.ports import ApprovalAnswer, JobAnswer
from rehearsal.model.definition import Action
from rehearsal.providers.registry import provider_for
from rehearsal.sources.publish import publish
from tests.rehearsal.contracts.action_provider import ActionProviderContract, Case
from tests.rehearsal.providers.world import World, an_action, make_bucket, make_function


def case_of(
    world: World,
    good: Action,
    *,
    unsupported: dict[str, str],
    named: str,
    failing: dict[str, str] | None = None,
    endless: Action | None = None,
) -> Case:
    def like(configuration: dict[str, str]) -> Action:
        return an_action(
            good.type.category,
            good.type.provider,
            {**good.configuration, **configuration},
            owner=good.type.owner,
            inputs=good.input_artifacts,
            outputs=good.output_artifacts,
            role_arn=good.role_arn,
        )

    return Case(
        provider=provider_for(good.type),
        request=world.request,
        good=good,
        unsupported=like(unsupported),
        named=named,
        failing=like(failing) if failing else None,
        endless=endless,
    )


@pytest.fixture
def repository(world: World) -> str:
    folder = world.workdir / "project"
    folder.mkdir()
    (folder / "file").write_text("content")
    publish(folder, world.home, "acme/contract", "main", dirty=True)
    return "acme/contract"


class TestConnection(ActionProviderContract):
    @pytest.fixture
    def case(self, world: World, repository: str) -> Case:
        values = {"ConnectionArn": "arn:x", "FullRepositoryId": repository, "BranchName": "main"}
        good = an_action("Source", "CodeStarSourceConnection", values, outputs=("S",))
        return case_of(
            world, good, unsupported={"Depth": "1"}, named="Depth", failing={"BranchName": "missing"}
        )


class TestCodeCommit(ActionProviderContract):
    @pytest.fixture
    def case(self, world: World, repository: str) -> Case:
        values = {"RepositoryName": repository, "BranchName": "main"}
        good = an_action("Source", "CodeCommit", values, outputs=("S",))
        return case_of(
            world, good, unsupported={"Depth": "1"}, named="Depth", failing={"RepositoryName": "missing"}
        )


class TestGitHub(ActionProviderContract):
    @pytest.fixture
    def case(self, world: World, repository: str) -> Case:
        owner, name = repository.split("/")
        values = {"Owner": owner, "Repo": name, "Branch": "main", "OAuthToken": "x"}
        good = an_action("Source", "GitHub", values, owner="ThirdParty", outputs=("S",))
        return case_of(world, good, unsupported={"Depth": "1"}, named="Depth", failing={"Repo": "missing"})


class TestS3Source(ActionProviderContract):
    @pytest.fixture
    def case(self, world: World) -> Case:
        bucket = make_bucket(world.root, f"{world.bucket}-src")
        s3 = world.root.client("s3")
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        archive = world.workdir / "in.zip"
        with zipfile.ZipFile(archive, "w") as made:
            made.writestr("file", "content")
        s3.upload_file(str(archive), bucket, "in.zip")
        values = {"S3Bucket": bucket, "S3ObjectKey": "in.zip"}
        good = an_action("Source", "S3", values, outputs=("S",), role_arn=world.action_role)
        return case_of(world, good, unsupported={"S3Key": "x"}, named="S3Key", failing={"S3ObjectKey": "no"})


class TestCloudFormation(ActionProviderContract):
    @pytest.fixture
    def case(self, world: World) -> Case:
        waits = {
            "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
            "Wait": {
                "Type": "AWS::CloudFormation::WaitCondition",
                "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "20"},
            },
        }
        topic = {"Topic": {"Type": "AWS::SNS::Topic"}}
        world.artifact(
            "In",
            {"good.json": json.dumps({"Resources": topic}), "waits.json": json.dumps({"Resources": waits})},
        )
        values = {
            "ActionMode": "CREATE_UPDATE",
            "StackName": f"contract-{uuid4().hex[:8]}",
            "TemplatePath": "In::good.json",
            "RoleArn": "arn:aws:iam::111122223333:role/cfn",
            "OutputFileName": "outputs.json",
        }
        good = an_action(
            "Deploy", "CloudFormation", values, inputs=("In",), outputs=("Out",), role_arn=world.action_role
        )
        endless = {**values, "StackName": f"{values['StackName']}-w", "TemplatePath": "In::waits.json"}
        return case_of(
            world,
            good,
            unsupported={"TemplateURL": "https://x"},
            named="TemplateURL",
            failing={"TemplatePath": "In::missing.json"},
            endless=an_action(
                "Deploy",
                "CloudFormation",
                endless,
                inputs=("In",),
                outputs=("Out",),
                role_arn=world.action_role,
            ),
        )


class TestManualApproval(ActionProviderContract):
    @pytest.fixture
    def case(self, world: World, request: pytest.FixtureRequest) -> Case:
        good = an_action("Approval", "Manual", {"CustomData": "look"})
        if "cancelled" not in request.node.name:
            for _ in range(2):
                world.people.given.put(ApprovalAnswer(approved=True))
        return case_of(world, good, unsupported={"Mail": "x"}, named="Mail", endless=good)


class TestLambda(ActionProviderContract):
    @pytest.fixture
    def case(self, world: World, request: pytest.FixtureRequest) -> Case:
        if "cancelled" not in request.node.name:
            world.jobs.respond = lambda _: JobAnswer()
        function = make_function(world, "def handler(event, context): pass\n")
        good = an_action("Invoke", "Lambda", {"FunctionName": function}, role_arn=world.action_role)
        return case_of(
            world,
            good,
            unsupported={"Payload": "x"},
            named="Payload",
            failing={"FunctionName": "missing"},
            endless=good,
        )


class TestS3Deploy(ActionProviderContract):
    @pytest.fixture
    def case(self, world: World) -> Case:
        world.artifact("In", {"index.html": "<h1>"})
        values = {"BucketName": make_bucket(world.root, f"{world.bucket}-site"), "Extract": "true"}
        good = an_action("Deploy", "S3", values, inputs=("In",), role_arn=world.action_role)
        missing = {"BucketName": f"missing-{uuid4().hex}"}
        return case_of(world, good, unsupported={"Bucket": "x"}, named="Bucket", failing=missing)


class TestStepFunctions(ActionProviderContract):
    @pytest.fixture
    def case(self, world: World) -> Case:
        def machine(state: dict[str, object]) -> str:
            created = world.root.client("stepfunctions").create_state_machine(
                name=f"m-{uuid4().hex[:8]}",
                definition=json.dumps({"StartAt": "Only", "States": {"Only": state}}),
                roleArn=world.action_role,
            )
            return str(created["stateMachineArn"])

        values = {"StateMachineArn": machine({"Type": "Pass", "End": True})}
        good = an_action("Invoke", "StepFunctions", values, outputs=("Out",), role_arn=world.action_role)
        endless = {"StateMachineArn": machine({"Type": "Wait", "Seconds": 600, "End": True})}
        return case_of(
            world,
            good,
            unsupported={"Name": "x"},
            named="Name",
            failing={"StateMachineArn": machine({"Type": "Fail", "Error": "E", "Cause": "c"})},
            endless=an_action("Invoke", "StepFunctions", endless, role_arn=world.action_role),
        )
