"""An operation reaches what belongs to its own account, region and pipeline, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rehearsal.daemon import client
from tests.rehearsal.api.conftest import Yard, furnished, refused

OTHER = "444455556666"
Parts = dict[str, Any]


@pytest.fixture
def neighbour(yard: Yard) -> Yard:
    """Roles and buckets of another account."""
    session = client.session(yard.endpoint, account=OTHER)
    return furnished(replace(yard.endpoint, account=OTHER), session)


def failed(yard: Yard) -> str:
    yard.create()
    execution = yard.start()
    yard.answer("Rejected")
    yard.wait(execution, "Failed")
    return execution


def _of(yard: Yard, execution: str) -> Parts:
    return {"pipelineName": yard.name, "pipelineExecutionId": execution}


OPERATIONS: dict[str, tuple[Callable[[Yard, str], Parts], str]] = {
    "retry_stage_execution": (
        lambda yard, run: {**_of(yard, run), "stageName": "Deploy", "retryMode": "ALL_ACTIONS"},
        "StageNotRetryableException",
    ),
    "override_stage_condition": (
        lambda yard, run: {**_of(yard, run), "stageName": "Deploy", "conditionType": "BEFORE_ENTRY"},
        "ConditionNotOverridableException",
    ),
    "stop_pipeline_execution": (_of, "PipelineExecutionNotStoppableException"),
    "get_pipeline_execution": (_of, "PipelineExecutionNotFoundException"),
    "rollback_stage": (
        lambda yard, run: {
            "pipelineName": yard.name,
            "stageName": "Deploy",
            "targetPipelineExecutionId": run,
        },
        "PipelineExecutionNotFoundException",
    ),
    "list_action_executions": (
        lambda yard, run: {"pipelineName": yard.name, "filter": {"pipelineExecutionId": run}},
        "PipelineExecutionNotFoundException",
    ),
    "list_rule_executions": (
        lambda yard, run: {"pipelineName": yard.name, "filter": {"pipelineExecutionId": run}},
        "PipelineExecutionNotFoundException",
    ),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_execution_of_another_account_is_not_known(yard: Yard, neighbour: Yard, operation: str) -> None:
    execution = failed(yard)
    neighbour.create(name=yard.name)
    neighbour = replace(neighbour, tag=yard.tag)
    arguments, code = OPERATIONS[operation]
    found, message = refused(getattr(neighbour.codepipeline, operation), **arguments(neighbour, execution))
    assert found == code
    assert "Failed" not in message
    assert yard.execution(execution)["status"] == "Failed"


def test_an_approval_is_not_given_by_another_account(yard: Yard, neighbour: Yard) -> None:
    yard.create()
    execution, token = yard.start(), yard.token()
    neighbour.create(name=yard.name)
    stranger = replace(neighbour, tag=yard.tag)
    assert refused(stranger.answer, status="Approved", token=token)[0] == "InvalidApprovalTokenException"
    yard.answer("Approved", token)
    yard.wait(execution, "Succeeded")


def test_tags_are_not_written_by_another_account(yard: Yard, neighbour: Yard) -> None:
    yard.create()
    arn = yard.codepipeline.get_pipeline(name=yard.name)["metadata"]["pipelineArn"]
    tags: Any = [{"key": "a", "value": "1"}]
    codepipeline = neighbour.codepipeline
    assert refused(codepipeline.tag_resource, resourceArn=arn, tags=tags)[0] == "ResourceNotFoundException"
    assert yard.codepipeline.list_tags_for_resource(resourceArn=arn)["tags"] == []


def test_a_role_that_codepipeline_cannot_assume_is_refused(yard: Yard) -> None:
    declared: Any = yard.declaration(roleArn=yard.role("nobody"))
    code, message = refused(yard.codepipeline.create_pipeline, pipeline=declared)
    assert code == "InvalidStructureException"
    assert "not authorized to perform AssumeRole" in message
    assert "does not exist" in message
    declared["roleArn"] = yard.role("deployer")
    code, message = refused(yard.codepipeline.create_pipeline, pipeline=declared)
    assert code == "InvalidStructureException"
    assert "is not trusted" in message


def test_tags_are_refused_as_aws_refuses_them(yard: Yard) -> None:
    declared: Any = yard.declaration()
    many: Any = [{"key": f"k{number}", "value": ""} for number in range(51)]
    reserved: Any = [{"key": "aws:x", "value": ""}]
    create = yard.codepipeline.create_pipeline
    assert refused(create, pipeline=declared, tags=many)[0] == "TooManyTagsException"
    assert refused(create, pipeline=declared, tags=reserved)[0] == "InvalidTagsException"
