"""The CloudFormation action against the embedded AWS: every mode, and every way to fail honestly."""

import json
import threading
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from rehearsal.engine.ports import ActionResult, Fidelity
from rehearsal.model.definition import Action
from rehearsal.providers.registry import provider_for
from tests.rehearsal.providers.world import OTHER_ACCOUNT, World, an_action, make_bucket, make_role

ROLE = "arn:aws:iam::111122223333:role/cfn-exec"

TOPIC: Mapping[str, Any] = {
    "Parameters": {"Display": {"Type": "String", "Default": "first"}},
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Display"}}}},
    "Outputs": {"TopicArn": {"Value": {"Ref": "Topic"}}, "Name": {"Value": {"Ref": "Display"}}},
}

BAD = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 999999}}
BROKEN: Mapping[str, Any] = {
    "Resources": {
        "Fine": {"Type": "AWS::SNS::Topic"},
        "Bad": {**BAD, "DependsOn": "Fine"},
        "Later": {"Type": "AWS::SNS::Topic", "DependsOn": "Bad"},
    }
}


@pytest.fixture
def stack() -> str:
    return f"stack-{uuid4().hex[:8]}"


def deploy(world: World, stack: str, **configuration: str) -> Action:
    values = {
        "ActionMode": "CREATE_UPDATE",
        "StackName": stack,
        "TemplatePath": "Built::template.json",
        "RoleArn": ROLE,
        "Capabilities": "CAPABILITY_NAMED_IAM,CAPABILITY_AUTO_EXPAND",
        **configuration,
    }
    outputs = ("Out",) if "OutputFileName" in configuration else ()
    return an_action(
        "Deploy",
        "CloudFormation",
        {key: value for key, value in values.items() if value},
        inputs=("Built",),
        outputs=outputs,
        role_arn=world.action_role,
    )


def run(world: World, action: Action) -> ActionResult:
    return provider_for(action.type).run(world.request(action))


def template(world: World, body: Mapping[str, Any], **files: Any) -> None:
    named = {name.replace("_json", ".json"): json.dumps(value) for name, value in files.items()}
    world.artifact("Built", {"template.json": json.dumps(body), **named})


def status(world: World, stack: str) -> str:
    return world.root.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]


def test_create_update_creates_updates_and_takes_no_update_for_success(world: World, stack: str) -> None:
    template(world, TOPIC)
    created = run(world, deploy(world, stack))
    assert created.failure is None
    assert created.variables["Name"] == "first"
    assert created.variables["TopicArn"].startswith("arn:aws:sns:eu-west-1:")
    assert created.external_id.startswith("arn:aws:cloudformation:")
    assert created.fidelity is Fidelity.EMULATED

    updated = run(world, deploy(world, stack, ParameterOverrides='{"Display": "second"}'))
    assert updated.variables["Name"] == "second"
    assert status(world, stack) == "UPDATE_COMPLETE"

    unchanged = run(world, deploy(world, stack, ParameterOverrides='{"Display": "second"}'))
    assert unchanged.succeeded
    assert any("no updates are to be performed" in line for line in world.lines)


def test_a_failed_creation_names_the_first_failing_resource(world: World, stack: str) -> None:
    template(world, BROKEN)
    failure = run(world, deploy(world, stack)).failure
    assert failure
    assert failure.code == "JobFailed"
    assert failure.message.startswith(
        f"creation of stack {stack} ended in ROLLBACK_COMPLETE: Bad (AWS::SQS::Queue): Invalid value"
    )

    again = run(world, deploy(world, stack))
    stuck = again.failure
    assert stuck
    assert again.fidelity is Fidelity.EMULATED
    assert "is in ROLLBACK_COMPLETE state and can not be updated." in stuck.message
    assert "REPLACE_ON_FAILURE" in stuck.message

    template(world, TOPIC)
    replaced = run(world, deploy(world, stack, ActionMode="REPLACE_ON_FAILURE"))
    assert replaced.succeeded
    assert status(world, stack) == "CREATE_COMPLETE"


def test_a_failed_update_rolls_back_and_tells_this_updates_reason(world: World, stack: str) -> None:
    template(world, TOPIC)
    assert run(world, deploy(world, stack)).succeeded
    for bad in ("Bad", "Worse"):
        template(world, {**TOPIC, "Resources": {**TOPIC["Resources"], bad: BAD}})
        failure = run(world, deploy(world, stack)).failure
        assert failure
        assert failure.message.startswith(
            f"update of stack {stack} ended in UPDATE_ROLLBACK_COMPLETE: {bad} (AWS::SQS::Queue): Invalid"
        )


def test_what_is_found_before_the_operation_begins_is_told_too(world: World, stack: str) -> None:
    taken = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": world.bucket}}
    template(world, {"Resources": {"Taken": taken}})
    failure = run(world, deploy(world, stack)).failure
    assert failure
    assert "Taken (AWS::S3::Bucket): " in failure.message
    assert "already exists" in failure.message


def test_change_sets_are_prepared_executed_and_empty_ones_succeed(world: World, stack: str) -> None:
    template(world, TOPIC)
    prepare = deploy(world, stack, ActionMode="CHANGE_SET_REPLACE", ChangeSetName="PipelineChange")
    execute = deploy(
        world, stack, ActionMode="CHANGE_SET_EXECUTE", ChangeSetName="PipelineChange", TemplatePath=""
    )

    assert run(world, prepare).succeeded
    assert run(world, prepare).succeeded
    assert status(world, stack) == "REVIEW_IN_PROGRESS"
    assert run(world, execute).variables["Name"] == "first"
    assert status(world, stack) == "CREATE_COMPLETE"

    prepared = run(world, prepare)
    assert prepared.succeeded
    assert prepared.variables["Name"] == "first"
    executed = run(world, execute)
    assert executed.succeeded
    assert executed.variables["Name"] == "first"
    assert "change set PipelineChange contains no changes; nothing to execute" in world.lines


def test_a_change_set_that_only_changes_outputs_is_executed(world: World, stack: str) -> None:
    prepare = deploy(world, stack, ActionMode="CHANGE_SET_REPLACE", ChangeSetName="PipelineChange")
    execute = deploy(
        world, stack, ActionMode="CHANGE_SET_EXECUTE", ChangeSetName="PipelineChange", TemplatePath=""
    )
    template(world, TOPIC)
    assert run(world, prepare).succeeded
    assert run(world, execute).succeeded
    template(world, {**TOPIC, "Outputs": {**TOPIC["Outputs"], "More": {"Value": "new"}}})
    assert run(world, prepare).failure is None
    executed = run(world, execute)
    assert executed.failure is None
    assert executed.variables["More"] == "new"


def test_a_role_that_may_not_see_events_loses_the_reason_only(world: World, stack: str) -> None:
    change_sets = [f"cloudformation:{verb}ChangeSet" for verb in ("Create", "Delete", "Describe", "Execute")]
    world.action_role = make_role(
        world.root,
        f"narrow-{stack}",
        trusts=f"arn:aws:iam::{world.endpoint.account}:root",
        allows=["s3:GetObject", "cloudformation:DescribeStacks", "iam:PassRole", *change_sets],
    )
    prepare = deploy(world, stack, ActionMode="CHANGE_SET_REPLACE", ChangeSetName="PipelineChange")
    execute = deploy(
        world, stack, ActionMode="CHANGE_SET_EXECUTE", ChangeSetName="PipelineChange", TemplatePath=""
    )
    template(world, TOPIC)
    assert run(world, prepare).failure is None
    assert run(world, execute).failure is None
    template(world, {**TOPIC, "Resources": {**TOPIC["Resources"], "Bad": BAD}})
    assert run(world, prepare).failure is None
    failure = run(world, execute).failure
    assert failure
    assert failure.message == f"change set execution of stack {stack} ended in UPDATE_ROLLBACK_COMPLETE"


def test_a_change_set_that_is_gone_says_how_to_have_it_again(world: World, stack: str) -> None:
    template(world, TOPIC)
    prepare = deploy(world, stack, ActionMode="CHANGE_SET_REPLACE", ChangeSetName="PipelineChange")
    assert run(world, prepare).succeeded
    execute = deploy(world, stack, ActionMode="CHANGE_SET_EXECUTE", ChangeSetName="Other", TemplatePath="")
    failure = run(world, execute).failure
    assert failure
    assert "ChangeSet [Other] does not exist" in failure.message
    assert "ALL_ACTIONS" in failure.message


def test_deleting_a_stack_twice_succeeds_twice(world: World, stack: str) -> None:
    template(world, TOPIC)
    assert run(world, deploy(world, stack)).succeeded
    delete = deploy(world, stack, ActionMode="DELETE_ONLY", TemplatePath="")
    assert run(world, delete).succeeded
    assert run(world, delete).succeeded
    assert f"stack {stack} does not exist; nothing to delete" in world.lines


def test_parameters_come_from_the_configuration_file_and_overrides_win(world: World, stack: str) -> None:
    body = {
        **TOPIC,
        "Parameters": {
            "Display": {"Type": "String"},
            **{name: {"Type": "String"} for name in ("Bucket", "Key", "Image", "List", "Number")},
        },
        "Outputs": {
            name: {"Value": {"Ref": name}} for name in ("Display", "Bucket", "Key", "Image", "List", "Number")
        },
    }
    template(
        world,
        body,
        config_json={
            "Parameters": {"Display": "from the file", "Image": "file", "Number": 3},
            "Tags": {"team": "red"},
        },
        build_json={"image": "repo:1"},
    )
    overrides = {
        "Bucket": {"Fn::GetArtifactAtt": ["Built", "BucketName"]},
        "Key": {"Fn::GetArtifactAtt": ["Built", "ObjectKey"]},
        "Image": {"Fn::GetParam": ["Built", "build.json", "image"]},
        "List": ["a", "b"],
    }
    result = run(
        world,
        deploy(
            world,
            stack,
            TemplateConfiguration="Built::config.json",
            ParameterOverrides=json.dumps(overrides),
        ),
    )
    assert result.failure is None
    built = world.inputs["Built"]
    assert result.variables == {
        "Display": "from the file", "Bucket": built.bucket, "Key": built.key,
        "Image": "repo:1", "List": "a,b", "Number": "3",
    }  # fmt: skip
    described = world.root.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    assert described["Tags"] == [{"Key": "team", "Value": "red"}]


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"TemplatePath": "Built::missing.json"}, "holds no file 'missing.json'"),
        ({"TemplateConfiguration": "Built::template.json"}, "'Resources' is not understood"),
        ({"ParameterOverrides": '{"Display": {"Fn::Sub": "x"}}'}, "Fn::GetArtifactAtt"),
        ({"ParameterOverrides": '{"Display": {"Fn::GetArtifactAtt": ["Built", "X"]}}'}, "asks for 'X'"),
        (
            {"ParameterOverrides": '{"Display": {"Fn::GetParam": ["Built", "template.json", "x"]}}'},
            "no key 'x'",
        ),
        (
            {"ParameterOverrides": '{"Display": {"Fn::GetParam": ["Other", "a.json", "x"]}}'},
            "no input artifact",
        ),
    ],
)
def test_inputs_that_are_not_there_are_configuration_errors(
    world: World, stack: str, configuration: dict[str, str], message: str
) -> None:
    template(world, {"Resources": TOPIC["Resources"]})
    failure = run(world, deploy(world, stack, **configuration)).failure
    assert failure
    assert failure.code == "ConfigurationError"
    assert message in failure.message


def test_outputs_become_a_file_and_api_addresses_become_local(world: World, stack: str) -> None:
    url = "https://abc123.execute-api.eu-west-1.amazonaws.com/prod/"
    template(world, {"Resources": TOPIC["Resources"], "Outputs": {"Url": {"Value": url}}})
    result = run(world, deploy(world, stack, OutputFileName="outputs.json"))
    local = f"{world.endpoint.url}/_aws/execute-api/abc123/prod/"
    assert result.variables == {"Url": local}
    assert [gap.subject for gap in result.gaps] == [f"output {stack}.Url"]
    world.inputs["Out"] = result.output_artifacts["Out"]
    reader = world.artifacts(an_action("Build", "CodeBuild", {}, inputs=("Out",)), world.workdir / "r")
    reader.unpack("Out", world.workdir / "out")
    assert json.loads((world.workdir / "out" / "outputs.json").read_text()) == {"Url": local}


def test_a_template_larger_than_a_request_takes_goes_through_s3(world: World, stack: str) -> None:
    template(world, {**TOPIC, "Metadata": {"Filler": "x" * 60_000}})
    assert run(world, deploy(world, stack)).failure is None


@pytest.mark.parametrize(
    "address",
    ["https://s3.eu-west-1.amazonaws.com/{bucket}/t.json", "https://{bucket}.s3.amazonaws.com/t.json"],
)
def test_a_template_can_be_an_address(world: World, stack: str, address: str) -> None:
    bucket = make_bucket(world.root, f"{world.bucket}-templates")
    world.root.client("s3").put_object(Bucket=bucket, Key="t.json", Body=json.dumps(TOPIC).encode())
    template(world, {})
    assert run(world, deploy(world, stack, TemplatePath=address.format(bucket=bucket))).failure is None


def test_a_nested_stacks_reason_reaches_the_top(world: World, stack: str) -> None:
    bucket = make_bucket(world.root, f"{world.bucket}-nested")
    world.root.client("s3").put_object(Bucket=bucket, Key="inner.json", Body=json.dumps(BROKEN).encode())
    url = f"https://s3.eu-west-1.amazonaws.com/{bucket}/inner.json"
    template(
        world,
        {"Resources": {"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}}},
    )
    failure = run(world, deploy(world, stack)).failure
    assert failure
    assert "Inner (AWS::CloudFormation::Stack): Invalid value" in failure.message


@pytest.mark.parametrize("filler", ["", "x" * 60_000])
def test_another_accounts_role_deploys_there(world: World, stack: str, filler: str) -> None:
    other = world.account(OTHER_ACCOUNT)
    trusted = f"arn:aws:iam::{world.endpoint.account}:root"
    role = make_role(
        other, f"deploy-{stack}", trusts=trusted, allows=["cloudformation:*", "s3:*", "iam:PassRole"]
    )
    world.bucket = make_bucket(world.root, f"{world.bucket}-shared", shared_with=OTHER_ACCOUNT)
    template(world, {**TOPIC, "Metadata": {"Filler": filler}})
    action = deploy(world, stack, RoleArn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/cfn-exec")
    action = an_action("Deploy", "CloudFormation", action.configuration, inputs=("Built",), role_arn=role)

    result = run(world, action)

    assert result.failure is None
    assert result.external_id.split(":")[4] == OTHER_ACCOUNT
    stacks = other.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    assert stacks[0]["StackStatus"] == "CREATE_COMPLETE"


def test_a_stopped_action_ends_and_says_what_goes_on(world: World, stack: str) -> None:
    template(
        world,
        {
            "Resources": {
                "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
                "Wait": {
                    "Type": "AWS::CloudFormation::WaitCondition",
                    "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "20"},
                },
            }
        },
    )
    world.cancelled.clear()
    threading.Timer(0.5, world.cancelled.set).start()
    failure = run(world, deploy(world, stack)).failure
    assert failure
    assert f"stopped while stack {stack} was CREATE_IN_PROGRESS; its creation goes on" in failure.message
    assert any(word.startswith("CREATE_IN_PROGRESS, ") for word in world.words)
    busy = run(world, deploy(world, stack)).failure
    assert busy
