"""Approvals: the wait, the answer, and what people are told."""

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from rehearsal.engine.ports import ApprovalAnswer
from rehearsal.model.results import Failure, Fidelity
from tests.rehearsal.providers.world import World, an_action, run


def test_an_approval_waits_for_its_answer(world: World) -> None:
    action = an_action(
        "Approval", "Manual", {"CustomData": "look first", "ExternalEntityLink": "https://example.com/report"}
    )
    threading.Timer(0.3, world.people.given.put, [ApprovalAnswer(approved=True, summary="fine")]).start()
    result = run(world, action)
    assert result.succeeded
    assert (result.summary, result.fidelity) == ("fine", Fidelity.REAL)
    asked = world.people.asked.get_nowait()
    assert (asked["custom_data"], asked["link"]) == ("look first", "https://example.com/report")
    assert asked["expires"] - datetime.now(UTC) > timedelta(days=6, hours=23)


def test_a_rejection_is_a_failure_with_its_reason(world: World) -> None:
    world.people.given.put(ApprovalAnswer(approved=False, summary="not on a Friday"))
    assert run(world, an_action("Approval", "Manual", {})).failure == Failure(
        code="JobFailed", message="Rejected: not on a Friday"
    )


def test_a_stopped_execution_stops_the_approval(world: World) -> None:
    world.cancelled.set()
    failure = run(world, an_action("Approval", "Manual", {})).failure
    assert failure
    assert "stopped" in failure.message


def subscribed_queue(world: World) -> tuple[str, Any, str]:
    sqs, sns = world.root.client("sqs"), world.root.client("sns")
    topic = sns.create_topic(Name=f"approvals-{uuid4().hex[:8]}")["TopicArn"]
    queue = sqs.create_queue(QueueName=f"people-{uuid4().hex[:8]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}],
    }
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return topic, sqs, queue


def test_people_are_told_in_codepipelines_own_words_and_only_once(world: World) -> None:
    topic, sqs, queue = subscribed_queue(world)
    action = an_action(
        "Approval",
        "Manual",
        {"NotificationArn": topic, "CustomData": "look first"},
        role_arn=world.action_role,
        timeout_minutes=60,
    )
    world.people.given.put(ApprovalAnswer(approved=True))
    assert run(world, action).succeeded
    world.people.announced = True
    world.people.given.put(ApprovalAnswer(approved=True))
    assert run(world, action).succeeded

    [message] = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5, MaxNumberOfMessages=10)["Messages"]
    told = json.loads(json.loads(message["Body"])["Message"])
    assert set(told) == {"region", "consoleLink", "approval"}
    approval = told["approval"]
    assert approval["token"] == "token-1"
    assert approval["customData"] == "look first"
    assert approval["externalEntityLink"] is None
    assert approval["approvalReviewLink"].endswith("#/view/demo/Deploy/Act/approve/token-1")
    assert (approval["pipelineName"], approval["stageName"], approval["actionName"]) == (
        "demo", "Deploy", "Act",
    )  # fmt: skip
    expires = datetime.strptime(approval["expires"], "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    assert expires - datetime.now(UTC) <= timedelta(minutes=60)
