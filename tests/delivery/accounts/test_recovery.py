"""What `make recover` prints works: run as it stands, the stack can be deployed again."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.recovery import FailedStack, Resource, advice
from tests.delivery.accounts.embedded import Embedded

BAD = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 999999}}
DATABASE = {
    "Type": "AWS::RDS::DBInstance",
    "DeletionPolicy": "Snapshot",
    "Properties": {
        "DBInstanceIdentifier": "recovered",
        "Engine": "postgres",
        "DBInstanceClass": "db.t4g.micro",
        "AllocatedStorage": "20",
        "MasterUsername": "owner",
        "MasterUserPassword": "not-a-secret-here",
        "DeletionProtection": True,
    },
}
STACKS = ("Prod-Network", "Prod-Database")


def _deploy(embedded: Embedded, name: str, **resources: Any) -> str:
    cloudformation = embedded.client("cloudformation")
    template = json.dumps({"Resources": resources})
    stack = cloudformation.create_stack(StackName=name, TemplateBody=template)["StackId"]
    while True:
        status = str(cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])
        if not status.endswith("_IN_PROGRESS"):
            return status
        time.sleep(0.1)


def _action(stack: str, order: int) -> dict[str, Any]:
    kind = {"category": "Deploy", "owner": "AWS", "provider": "CloudFormation", "version": "1"}
    configuration = {
        "ActionMode": "CREATE_UPDATE",
        "StackName": stack,
        "TemplatePath": "Source::t.json",
        "RoleArn": "arn:aws:iam::111122223333:role/deploys",
    }
    return {
        "name": stack,
        "actionTypeId": kind,
        "configuration": configuration,
        "inputArtifacts": [{"name": "Source"}],
        "runOrder": order,
    }


@pytest.fixture(scope="module")
def pipeline(embedded: Embedded) -> Iterator[None]:
    """As `delivery.toml` names it, with the stages that matter here."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "codepipeline.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    role = embedded.client("iam").create_role(
        RoleName="pipeline",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]
    source = {
        "name": "Source",
        "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "S3", "version": "1"},
        "configuration": {"S3Bucket": "sources", "S3ObjectKey": "source.zip"},
        "outputArtifacts": [{"name": "Source"}],
    }
    actions = [_action(stack, order) for order, stack in enumerate(STACKS, 1)]
    declared = {
        "name": "slipway",
        "roleArn": role,
        "artifactStore": {"type": "S3", "location": "artifacts"},
        "stages": [{"name": "Source", "actions": [source]}, {"name": "Prod", "actions": actions}],
    }
    embedded.client("codepipeline").create_pipeline(pipeline=declared)
    yield
    embedded.client("codepipeline").delete_pipeline(name="slipway")


@pytest.fixture
def failed(embedded: Embedded, pipeline: None) -> dict[str, str]:
    return {
        "Prod-Network": _deploy(embedded, "Prod-Network", Fine={"Type": "AWS::SNS::Topic"}, Bad=BAD),
        "Prod-Database": _deploy(
            embedded, "Prod-Database", Database=DATABASE, Bad={**BAD, "DependsOn": "Database"}
        ),
        "Prod-Foreign": _deploy(embedded, "Prod-Foreign", Bad=BAD),
    }


def test_what_it_prints_clears_the_way(embedded: Embedded, failed: dict[str, str], shipped: Path) -> None:
    assert failed["Prod-Network"] == "ROLLBACK_COMPLETE"
    assert failed["Prod-Database"] == "ROLLBACK_FAILED"
    printed = embedded.module("pipeline.recovery", "prod", configuration=shipped)
    assert printed.returncode == 0, printed.stderr
    assert "Prod-Foreign" not in printed.stdout
    *commands, retry = [line for line in printed.stdout.splitlines() if not line.startswith("#")]
    assert [line.split()[2] for line in commands] == [
        "modify-db-instance",
        *("delete-stack", "wait"),
        *("delete-stack", "wait"),
    ]
    assert "Prod-Database" in commands[1]
    assert "retry-stage-execution --pipeline-name slipway --stage-name Prod" in retry
    for command in commands:
        # The AWS CLI's rds commands ignore AWS_ENDPOINT_URL.
        done = embedded.run("bash", "-c", f"{command} --endpoint-url {embedded.endpoint.url}")
        assert done.returncode == 0, f"{command}: {done.stderr}"
    # The embedded AWS forgets what a failed roll-back has left; AWS deletes it with the stack.
    (database,) = embedded.client("rds").describe_db_instances()["DBInstances"]
    assert not database["DeletionProtection"]
    assert _deploy(embedded, "Prod-Network", Fine={"Type": "AWS::SNS::Topic"}) == "CREATE_COMPLETE"
    again = embedded.module("pipeline.recovery", "prod", configuration=shipped)
    assert "# prod: every stack can be updated; retry the stage if it failed" in again.stdout


def test_an_unknown_environment_names_those_there_are(embedded: Embedded, shipped: Path) -> None:
    refused = embedded.module("pipeline.recovery", "production", configuration=shipped)
    assert refused.returncode == 1
    assert "there is no environment 'production'; known are dev, staging, prod" in refused.stderr


def _stack(status: str, *resources: Resource) -> FailedStack:
    return FailedStack(name="Prod-Data", status=status, reason="", resources=resources)


def test_a_stack_that_holds_data_is_never_deleted() -> None:
    pool = Resource(kind="AWS::Cognito::UserPool", physical_id="us-east-1_a", status="UPDATE_FAILED")
    lines = list(advice(_stack("UPDATE_ROLLBACK_FAILED", pool), region="us-east-1"))
    assert not any("delete" in line for line in lines)
    assert "aws cloudformation continue-update-rollback --stack-name Prod-Data --region us-east-1" in lines
    assert any("AWS::Cognito::UserPool" in line for line in lines)


def test_finishing_a_deletion_is_left_to_a_person() -> None:
    database = Resource(kind="AWS::RDS::DBInstance", physical_id="prod", status="DELETE_FAILED")
    lines = list(advice(_stack("DELETE_FAILED", database), region="us-east-1"))
    assert all(line.startswith("#") for line in lines)
    assert "stopped at AWS::RDS::DBInstance prod." in lines[1]


def test_what_aws_says_is_never_a_command() -> None:
    said = FailedStack(name="Prod-Data", status="DELETE_FAILED", reason="No.\nrm -rf ~\r\ntrue", resources=())
    lines = [line for part in advice(said, region="us-east-1") for line in part.splitlines()]
    assert all(line.startswith("#") for line in lines)


def test_a_protected_user_pool_is_unprotected_first() -> None:
    pool = Resource(kind="AWS::Cognito::UserPool", physical_id="us-east-1_a", status="DELETE_FAILED")
    _, _, unprotect, delete, _ = advice(_stack("ROLLBACK_FAILED", pool), region="us-east-1")
    assert unprotect.endswith("--user-pool-id us-east-1_a --deletion-protection INACTIVE --region us-east-1")
    assert "delete-stack" in delete


def test_what_a_deletion_leaves_behind_is_named() -> None:
    kept = Resource(kind="AWS::ECR::Repository", physical_id="images", status="DELETE_SKIPPED")
    *_, last = advice(_stack("ROLLBACK_COMPLETE", kept), region="us-east-1")
    assert last == "# It leaves AWS::ECR::Repository images behind; delete it if it has no data."
