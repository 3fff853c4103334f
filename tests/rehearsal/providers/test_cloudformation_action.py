"""The CloudFormation action against the embedded AWS: every mode, and every way to fail honestly."""

import threading

import pytest

from rehearsal.model.results import Fidelity
from tests.patience import until
from tests.rehearsal.providers.stack_actions import BAD, BROKEN, TOPIC, deploy, status, template
from tests.rehearsal.providers.world import (
    OTHER_ACCOUNT,
    World,
    an_action,
    make_bucket,
    make_execution_role,
    make_role,
    run,
)


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


@pytest.mark.parametrize("filler", ["", "x" * 60_000])
def test_another_accounts_role_deploys_there(world: World, stack: str, filler: str) -> None:
    other = world.account(OTHER_ACCOUNT)
    make_execution_role(other)
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

    def cancel_once_told() -> None:
        until(
            lambda: any(word.startswith("CREATE_IN_PROGRESS, ") for word in world.words),
            "no progress was told",
        )
        world.cancelled.set()

    threading.Thread(target=cancel_once_told).start()
    failure = run(world, deploy(world, stack)).failure
    assert failure
    assert f"stopped while stack {stack} was CREATE_IN_PROGRESS; its creation continues" in failure.message
    busy = run(world, deploy(world, stack)).failure
    assert busy
