"""SB-SCH-1 to SB-SCH-8, with the trap T-SCH-1 resolved."""

from typing import Any

import pytest

SCHEDULING = "SecondBrainScheduling"


@pytest.fixture
def of(environments: Any) -> Any:
    return lambda kind: environments.resources("Dev", SCHEDULING, kind)


@pytest.fixture
def handlers(of: Any) -> dict[str, dict[str, Any]]:
    return {
        key.partition("Function")[0]: found["Properties"]
        for key, found in of("AWS::Lambda::Function").items()
    }


def _granted(of: Any, function: str) -> dict[str, str]:
    return {
        str(action): str(statement["Resource"])
        for key, policy in of("AWS::IAM::Policy").items()
        if key.startswith(f"{function}Role")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in _listed(statement["Action"])
    }


def test_sch_1_functions(handlers: Any) -> None:
    assert set(handlers) == {"BriefingDispatcher", "ReminderEvaluator", "CalendarSync", "DailyCleanup"}
    for found in handlers.values():
        assert (found["Timeout"], found["MemorySize"]) == (300, 256)
        told = found["Environment"]["Variables"]
        assert {"DATABASE_URL_SECRET_ARN", "DATABASE_HOST", "DATABASE_NAME", "RUST_LOG"} <= set(told)
        assert "PrivateSubnet" in str(found["VpcConfig"]["SubnetIds"])


PUBLISHING = {"sns:Publish", "kms:Decrypt", "kms:GenerateDataKey"}
"""To an encrypted topic: SNS uses its key with the permissions of who publishes."""


@pytest.mark.parametrize(
    ("function", "more"),
    [
        ("BriefingDispatcher", {"bedrock-agentcore:InvokeAgentRuntime", *PUBLISHING}),
        ("ReminderEvaluator", PUBLISHING),
        ("CalendarSync", set()),
        ("DailyCleanup", set()),
    ],
)
def test_sch_2_each_function_may_do_its_own_work(of: Any, function: str, more: set[str]) -> None:
    granted = _granted(of, function)
    common = {"logs:CreateLogStream", "logs:PutLogEvents", "secretsmanager:GetSecretValue", "sqs:SendMessage"}
    assert set(granted) == common | more
    if "sns:Publish" in more:
        (topic,) = of("AWS::SNS::Topic")
        assert granted["sns:Publish"] == str({"Ref": topic})


@pytest.mark.parametrize(
    ("function", "schedule"),
    [
        ("BriefingDispatcher", "rate(1 hour)"),
        ("ReminderEvaluator", "rate(15 minutes)"),
        ("CalendarSync", "rate(15 minutes)"),
        ("DailyCleanup", "cron(0 2 * * ? *)"),
    ],
)
def test_sch_3_to_6_and_t_sch_1_every_rule_starts_its_function(of: Any, function: str, schedule: str) -> None:
    (rule,) = [
        found["Properties"] for key, found in of("AWS::Events::Rule").items() if key.startswith(function)
    ]
    assert rule["ScheduleExpression"] == schedule
    assert "Name" not in rule
    (target,) = rule["Targets"]
    assert f"{function}Function" in str(target["Arn"])
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 2}


def test_sch_7_what_cannot_be_delivered_or_done_is_kept(of: Any, handlers: Any) -> None:
    (queue,) = of("AWS::SQS::Queue")
    arn = {"Fn::GetAtt": [queue, "Arn"]}
    for rule in of("AWS::Events::Rule").values():
        assert rule["Properties"]["Targets"][0]["DeadLetterConfig"] == {"Arn": arn}
    for found in handlers.values():
        assert found["DeadLetterConfig"] == {"TargetArn": arn}


def test_sch_7_those_who_tell_people_know_the_topic(of: Any, handlers: Any) -> None:
    (topic,) = of("AWS::SNS::Topic")
    for function in ("BriefingDispatcher", "ReminderEvaluator"):
        assert handlers[function]["Environment"]["Variables"]["NOTIFICATION_TOPIC_ARN"] == {"Ref": topic}
    assert "SecureTransport" in str(of("AWS::SNS::TopicPolicy"))


def test_sch_8_outputs(environments: Any) -> None:
    outputs = environments.template("Dev", SCHEDULING)["Outputs"]
    assert set(outputs) >= {"BriefingDispatcherArn", "NotificationTopicArn"}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
