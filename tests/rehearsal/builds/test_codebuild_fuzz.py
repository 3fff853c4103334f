"""Whatever is sent to the CodeBuild API, it answers as the API does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from rehearsal.emulator.api_model import service_model
from rehearsal.home import Endpoint
from tests.rehearsal.api_fuzz import Fuzz, Wire, complaints
from tests.rehearsal.builds.aws import Account, commands

OPERATIONS = service_model("codebuild").operation_names
ALLOWED = {shape.name for shape in service_model("codebuild").error_shapes} | {
    "SerializationException",
    "UnknownOperationException",
}


@pytest.fixture
def account(cloud: Endpoint, aws: boto3.session.Session) -> Account:
    return Account(session=aws, number=cloud.account, region=cloud.region)


@pytest.fixture(scope="module")
def wire(cloud: Endpoint, aws: boto3.session.Session) -> Iterator[Wire]:
    account = Account(session=aws, number=cloud.account, region=cloud.region)
    project = account.project(commands("true"))
    build = account.build(project)
    group = f"arn:aws:codebuild:{cloud.region}:{cloud.account}:report-group/{project}"
    known: dict[str, list[Any]] = {
        "projectName": [project, "nobody"],
        "name": [project, "other"],
        "names": [[project, "x"]],
        "id": [build["id"], build["arn"], "x", f"demo:{uuid4()}"],
        "ids": [[build["id"], "x"], [build["arn"]]],
        "arn": [group, "x"],
        "reportGroupArn": [group, "x"],
        "reportGroupArns": [[group, "x"]],
    }
    fuzz = Fuzz(service="codebuild", target="CodeBuild_20161006", known=known)
    with httpx.Client(timeout=60) as client:
        yield Wire(endpoint=cloud, session=aws, fuzz=fuzz, client=client)


@pytest.mark.parametrize("operation", [*OPERATIONS, "NoSuchOperation"])
def test_no_input_is_a_server_s_error(wire: Wire, operation: str) -> None:
    if operation == "NoSuchOperation":
        assert wire.send(operation, b"{}").json()["__type"] == "UnknownOperationException"
    else:
        assert complaints(wire, operation, count=60, allowed=ALLOWED) == []


@pytest.mark.parametrize(
    "build_id",
    ["demo", "demo:1", "../x:1", "demo:00000000-0000-4000-8000-000000000000x", "arn:aws:codebuild:x", " "],
)
def test_a_malformed_build_id_is_refused(account: Account, build_id: str) -> None:
    client = account.session.client("codebuild")
    for call in (
        lambda: client.stop_build(id=build_id),
        lambda: client.retry_build(id=build_id),
        lambda: client.batch_get_builds(ids=[build_id]),
        lambda: client.batch_delete_builds(ids=[build_id]),
    ):
        with pytest.raises(client.exceptions.InvalidInputException):
            call()


def test_an_arn_of_another_account_names_nothing(account: Account) -> None:
    client, project = account.session.client("codebuild"), account.project(commands("true"))
    build = account.build(project)
    foreign = build["arn"].replace(account.number, "999999999999")
    assert client.batch_get_builds(ids=[foreign])["buildsNotFound"] == [foreign]
    assert client.batch_get_builds(ids=[build["arn"]])["builds"][0]["id"] == build["id"]
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.start_build(projectName=f"arn:aws:codebuild:{account.region}:999999999999:project/{project}")


def test_report_groups_of_another_account_stay(account: Account) -> None:
    client = account.session.client("codebuild")
    name = f"group-{uuid4().hex[:8]}"
    group = client.create_report_group(
        name=name, type="TEST", exportConfig={"exportConfigType": "NO_EXPORT"}
    )["reportGroup"]["arn"]
    with pytest.raises(client.exceptions.ResourceAlreadyExistsException):
        client.create_report_group(name=name, type="TEST", exportConfig={"exportConfigType": "NO_EXPORT"})
    foreign = group.replace(account.number, "999999999999")
    assert client.batch_get_report_groups(reportGroupArns=[foreign])["reportGroupsNotFound"] == [foreign]
    for call in (client.delete_report_group, client.update_report_group):
        with pytest.raises(ClientError):
            call(arn=foreign)
    client.delete_report_group(arn=group)


def test_a_build_that_runs_is_not_deleted(account: Account) -> None:
    client = account.session.client("codebuild")
    build_id = client.start_build(projectName=account.project(commands("sleep 300")))["build"]["id"]
    account.await_phase(build_id, "BUILD")
    kept = client.batch_delete_builds(ids=[build_id])["buildsNotDeleted"]
    assert kept == [{"id": build_id, "statusCode": "BUILD_IN_PROGRESS"}]
    client.stop_build(id=build_id)
    account.finished(build_id)
    assert client.batch_delete_builds(ids=[build_id])["buildsDeleted"] == [build_id]
