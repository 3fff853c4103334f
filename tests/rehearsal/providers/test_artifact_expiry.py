"""Artifacts of old executions go; what is still read, and what only looks alike, stays."""

import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from rehearsal.daemon import client
from rehearsal.home import Endpoint, Home
from rehearsal.providers.expiry import Expiry
from rehearsal.record.record import Record
from tests.patience import until
from tests.rehearsal.api.conftest import Yard, furnished

EXECUTIONS = 5


@pytest.fixture
def expiry(cloud: Endpoint, cloud_home: Home) -> Iterator[Expiry]:
    record = Record(cloud_home.record)
    yield Expiry(
        home=cloud_home,
        record=record,
        session=lambda account, region: client.session(cloud, account=account, region=region),
    )
    record.close()


@pytest.fixture
def yard(cloud: Endpoint, aws: boto3.session.Session) -> Yard:
    return furnished(cloud, aws)


def delivered(yard: Yard, times: int) -> None:
    for _ in range(times):
        yard.wait(yard.start(), "Succeeded")


def straight(yard: Yard) -> list[dict[str, Any]]:
    """Its stages without the approval."""
    source, deploy = yard.declaration()["stages"]
    return [source, {**deploy, "actions": deploy["actions"][1:]}]


def stored(yard: Yard) -> set[str]:
    listed = yard.aws.client("s3").list_objects_v2(Bucket=yard.bucket("artifacts")).get("Contents", [])
    return {item["Key"] for item in listed}


def test_what_can_be_rolled_back_to_stays_and_older_artifacts_go(yard: Yard, expiry: Expiry) -> None:
    yard.create(stages=straight(yard))
    delivered(yard, EXECUTIONS - 1)
    time.sleep(2.1)  # S3 tells the time in whole seconds
    delivered(yard, 1)
    before = stored(yard)
    mine = f"{yard.name[:20]}/notes/seven77x"
    s3 = yard.aws.client("s3")
    s3.put_object(Bucket=yard.bucket("artifacts"), Key=mine, Body=b"not an artifact")
    expiry.expire(newest=1)
    assert len(before) >= EXECUTIONS
    assert len(stored(yard) & before) == 3
    assert mine in stored(yard)
    oldest_target = yard.codepipeline.list_pipeline_executions(pipelineName=yard.name)[
        "pipelineExecutionSummaries"
    ][1]["pipelineExecutionId"]
    started = yard.codepipeline.rollback_stage(
        pipelineName=yard.name, stageName="Deploy", targetPipelineExecutionId=oldest_target
    )["pipelineExecutionId"]
    yard.wait(started, "Succeeded")


def test_an_execution_that_waits_keeps_its_artifacts(yard: Yard, expiry: Expiry) -> None:
    yard.create()
    waiting = yard.start()
    yard.token()
    held = stored(yard)
    yard.start()
    until(lambda: len(stored(yard)) > len(held), "the next execution stored no artifact")
    expiry.expire(newest=1)
    assert held < stored(yard)
    yard.answer("Approved")
    yard.wait(waiting, "Succeeded")


def test_pipelines_whose_keys_begin_alike_count_together(yard: Yard, expiry: Expiry) -> None:
    """Both store under the first twenty characters of their names."""
    names = [f"{yard.name}-with-a-long-name-{number}" for number in (1, 2)]
    for name in names:
        declared: Any = yard.declaration(name=name, stages=straight(yard))
        yard.codepipeline.create_pipeline(pipeline=declared)
        started = yard.codepipeline.start_pipeline_execution(name=name)["pipelineExecutionId"]
        _wait(yard, name, started)
    held = stored(yard)
    expiry.expire(newest=1)
    assert stored(yard) == held


def _wait(yard: Yard, name: str, execution: str) -> None:
    def ended() -> bool:
        found = yard.codepipeline.get_pipeline_execution(pipelineName=name, pipelineExecutionId=execution)
        return found["pipelineExecution"]["status"] == "Succeeded"

    until(ended, "the execution did not succeed")
