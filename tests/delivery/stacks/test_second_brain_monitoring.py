"""SB-MON-1 to SB-MON-7, with the trap T-MON-1 resolved."""

import json
from typing import Any

import pytest

MONITORING = "SecondBrainMonitoring"
PREFIX = "slipway-dev-second-brain"


@pytest.fixture
def alarms(environments: Any) -> dict[str, dict[str, Any]]:
    found = environments.resources("Dev", MONITORING, "AWS::CloudWatch::Alarm").values()
    return {
        alarm["Properties"]["AlarmName"].removeprefix(f"{PREFIX}-"): alarm["Properties"] for alarm in found
    }


@pytest.fixture
def widgets(environments: Any) -> list[dict[str, Any]]:
    body = environments.properties("Dev", MONITORING, "AWS::CloudWatch::Dashboard")["DashboardBody"]
    parts = body["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else _named(part) for part in parts)
    found = json.loads(text)["widgets"]
    assert isinstance(found, list)
    return found


def _named(reference: dict[str, Any]) -> str:
    return str(reference.get("Ref") or reference["Fn::GetStackOutput"]["OutputName"])


def test_mon_1_a_topic_that_only_encrypted_calls_and_alarms_reach(environments: Any) -> None:
    topic = environments.properties("Dev", MONITORING, "AWS::SNS::Topic")
    assert topic["DisplayName"] == "Second Brain Alerts"
    policy = str(environments.resources("Dev", MONITORING, "AWS::SNS::TopicPolicy"))
    assert "aws:SecureTransport" in policy
    assert "cloudwatch.amazonaws.com" in policy


def test_mon_2_the_dashboard_in_four_rows(widgets: Any) -> None:
    assert [(widget["properties"]["title"], widget["y"]) for widget in widgets] == [
        ("Invocations", 0),
        ("Errors", 0),
        ("Duration", 6),
        ("Database connections", 6),
        ("Database CPU", 12),
        ("API requests", 12),
        ("API latency", 18),
    ]
    assert all((widget["width"], widget["height"]) == (12, 6) for widget in widgets)
    assert all(widget["properties"]["period"] == 300 for widget in widgets)


def test_mon_3_every_function_is_shown(widgets: Any) -> None:
    for widget in widgets[:3]:
        labels = {metric[-1]["label"] for metric in widget["properties"]["metrics"]}
        assert labels == {
            "query",
            "ingest",
            "briefing",
            "calendar",
            "discord",
            "alexa",
            "briefing dispatcher",
            "reminder evaluator",
            "calendar sync",
            "daily cleanup",
            "voice notes",
            "migrator",
        }


def test_mon_4_and_t_mon_1_errors_of_this_applications_functions_only(alarms: Any) -> None:
    alarm = alarms["high-error-rate"]
    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (10, 2)
    summed = [entry["MetricStat"] for entry in alarm["Metrics"] if "MetricStat" in entry]
    assert len(summed) == 10
    for entry in summed:
        (dimension,) = entry["Metric"]["Dimensions"]
        assert dimension["Name"] == "FunctionName"
        assert (entry["Stat"], entry["Period"]) == ("Sum", 300)


def test_mon_5_and_6_database_and_latency(alarms: Any) -> None:
    limits = {
        name: (alarm["MetricName"], alarm["Threshold"], alarm["EvaluationPeriods"])
        for name, alarm in alarms.items()
        if "MetricName" in alarm
    }
    assert limits == {
        "database-cpu": ("CPUUtilization", 80, 3),
        "database-storage": ("FreeStorageSpace", 2 * 1024**3, 3),
        "database-connections": ("DatabaseConnections", 40, 3),
        "dead-letters": ("ApproximateNumberOfMessagesVisible", 0, 1),
        "voice-dead-letters": ("ApproximateNumberOfMessagesVisible", 0, 1),
    }
    slow = alarms["high-api-latency"]
    assert (slow["Threshold"], slow["EvaluationPeriods"]) == (3000, 3)
    assert {query["MetricStat"]["Stat"] for query in slow["Metrics"] if "MetricStat" in query} == {"p95"}


def test_every_alarm_tells_the_topic(alarms: Any, environments: Any) -> None:
    (topic,) = environments.resources("Dev", MONITORING, "AWS::SNS::Topic")
    assert all(alarm["AlarmActions"] == [{"Ref": topic}] for alarm in alarms.values())


def test_mon_7_outputs(environments: Any) -> None:
    outputs = environments.template("Dev", MONITORING)["Outputs"]
    assert set(outputs) >= {"AlertTopicArn", "AlarmNames"}
    url = str(outputs["DashboardUrl"]["Value"])
    assert "?region=us-east-1#dashboards/dashboard/slipway-dev-second-brain" in url


def test_smoke_tests_may_look_at_alarms_and_change_none(environments: Any) -> None:
    policy = environments.properties("Dev", MONITORING, "AWS::IAM::Policy")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("cloudwatch:DescribeAlarms", "*")
