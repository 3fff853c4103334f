"""Alarms on one metric: whose data move them, which data count, and who hears of it."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from rehearsal.emulator.gaps import GapLog
from rehearsal.home import Home
from rehearsal.model.results import Fidelity
from tests.patience import until
from tests.rehearsal.cloud.stacks import Stacks, function, trusted_by

FAILS_WHEN_TOLD = """
def handler(event, context):
    if "fail" in str(event):
        raise ValueError("no")
"""


@pytest.fixture
def name() -> str:
    return f"alarm-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def cloudwatch(aws: boto3.session.Session) -> Any:
    return aws.client("cloudwatch")


State = Callable[[str], str]


@pytest.fixture
def state(cloudwatch: Any) -> State:
    def look(name: str) -> str:
        found = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        [alarm] = found["MetricAlarms"] + found["CompositeAlarms"]
        return str(alarm["StateValue"])

    return look


def settings(name: str, **more: Any) -> dict[str, Any]:
    usual = {"Statistic": "Sum"} if "ExtendedStatistic" not in more else {}
    return {
        "AlarmName": name,
        "Namespace": name,
        "MetricName": "Used",
        **usual,
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        **more,
    }


Publish = Callable[..., None]


@pytest.fixture
def publish(cloudwatch: Any, name: str) -> Publish:
    """Values of the metric `Used`, that many seconds ago."""

    def put(
        *values: float, ago: float = 0, unit: str = "None", metric: str = "Used", **dimensions: str
    ) -> None:
        named = [{"Name": key, "Value": value} for key, value in dimensions.items()]
        about = {"MetricName": metric, "Unit": unit, "Dimensions": named, "Timestamp": time.time() - ago}
        cloudwatch.put_metric_data(Namespace=name, MetricData=[{**about, "Value": value} for value in values])

    return put


def errors(function: str = "", *, alias: str = "") -> dict[str, Any]:
    named = {"FunctionName": function, "Resource": f"{function}:{alias}" if alias else ""}
    dimensions = [{"Name": key, "Value": value} for key, value in named.items() if value]
    return {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": dimensions}


@pytest.fixture
def functions(stacks: Stacks, name: str) -> Iterator[tuple[str, str]]:
    """Two, which fail when told to; the first has an alias, and hears of a topic."""
    names = (f"{name}-one", f"{name}-other")
    one, other = (function(FAILS_WHEN_TOLD, FunctionName=named) for named in names)
    arn = {"Fn::GetAtt": ["One", "Arn"]}
    version = {"FunctionName": {"Ref": "One"}}
    alias = {**version, "Name": "live", "FunctionVersion": {"Fn::GetAtt": ["Version", "Version"]}}
    subscription = {"Protocol": "lambda", "Endpoint": arn, "TopicArn": {"Ref": "Topic"}}
    permission = {"FunctionName": arn, "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"}
    stacks.deploy(
        name,
        {
            "Role": trusted_by("lambda", "service-role/AWSLambdaBasicExecutionRole"),
            "One": one,
            "Other": other,
            "Version": {"Type": "AWS::Lambda::Version", "Properties": version},
            "Alias": {"Type": "AWS::Lambda::Alias", "Properties": alias},
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}},
            "Subscription": {"Type": "AWS::SNS::Subscription", "Properties": subscription},
            "Permission": {"Type": "AWS::Lambda::Permission", "Properties": permission},
        },
    )
    yield names
    stacks.delete(name)


def test_only_the_function_that_failed_sets_its_alarm_off(
    functions: tuple[str, str], name: str, state: State, cloudwatch: Any, aws: boto3.session.Session
) -> None:
    one, other = functions
    client = aws.client("lambda")
    for alarm, watched in (("one", one), ("other", other)):
        cloudwatch.put_metric_alarm(**settings(f"{name}-{alarm}", **errors(watched)))
    cloudwatch.put_metric_alarm(**settings(f"{name}-live", **errors(one, alias="live")))
    cloudwatch.put_metric_alarm(**settings(f"{name}-all", **errors(), Statistic="SampleCount", Threshold=1))
    rule = f'ALARM("{name}-one") OR ALARM("{name}-other")'
    cloudwatch.put_composite_alarm(AlarmName=f"{name}-health", AlarmRule=rule)
    client.invoke(FunctionName=other, Payload=b"{}")
    client.invoke(FunctionName=one, Qualifier="live", Payload=b"{}")
    assert [state(f"{name}-{alarm}") for alarm in ("one", "other", "live", "health")] == ["OK"] * 4
    client.invoke(FunctionName=one, Payload=b'"fail"')
    assert [state(f"{name}-{alarm}") for alarm in ("one", "other", "live")] == ["ALARM", "OK", "OK"]
    assert [state(f"{name}-{alarm}") for alarm in ("all", "health")] == ["ALARM", "ALARM"]
    client.invoke(FunctionName=one, Qualifier="live", Payload=b'"fail"')
    assert state(f"{name}-live") == "ALARM"


def test_a_function_that_is_not_invoked_directly_counts(
    functions: tuple[str, str], name: str, state: State, cloudwatch: Any, aws: boto3.session.Session
) -> None:
    cloudwatch.put_metric_alarm(**settings(name, **errors(functions[0])))
    cloudwatch.put_metric_alarm(**settings(f"{name}-live", **errors(functions[0], alias="live")))
    [topic] = [
        found["TopicArn"]
        for page in aws.client("sns").get_paginator("list_topics").paginate()
        for found in page["Topics"]
        if found["TopicArn"].endswith(f":{name}")
    ]
    aws.client("sns").publish(TopicArn=topic, Message="fail")
    until(lambda: state(name) == "ALARM", "the alarm did not go off")
    assert state(f"{name}-live") == "INSUFFICIENT_DATA"


def test_dimensions_and_unit_tell_metrics_apart(
    name: str, state: State, cloudwatch: Any, publish: Publish
) -> None:
    dimensions = [{"Name": "Site", "Value": "a"}]
    cloudwatch.put_metric_alarm(**settings(name, Dimensions=dimensions, Unit="Seconds"))
    publish(5)
    publish(5, Site="b", unit="Seconds")
    publish(5, Site="a", unit="Bytes")
    publish(5, Site="a", Zone="z", unit="Seconds")
    assert state(name) == "INSUFFICIENT_DATA"
    publish(5, Site="a", unit="Seconds")
    assert state(name) == "ALARM"


@pytest.mark.parametrize(
    ("statistic", "gone_off"),
    [
        ({"Statistic": "Average"}, "OK"),
        ({"Statistic": "Maximum"}, "ALARM"),
        ({"Statistic": "Minimum"}, "OK"),
        ({"ExtendedStatistic": "p50"}, "OK"),
        ({"ExtendedStatistic": "p99"}, "ALARM"),
    ],
)
def test_the_statistic_decides(
    name: str, state: State, cloudwatch: Any, publish: Publish, statistic: dict[str, str], gone_off: str
) -> None:
    cloudwatch.put_metric_alarm(**settings(name, Threshold=8, **statistic))
    publish(1, 1, 1, 9)
    assert state(name) == gone_off


def test_periods_are_counted_one_by_one(name: str, state: State, cloudwatch: Any, publish: Publish) -> None:
    """A period of an hour keeps the wall clock out of this."""
    periods = {"Period": 3600, "EvaluationPeriods": 3, "DatapointsToAlarm": 2}
    cloudwatch.put_metric_alarm(**settings(name, Threshold=5, **periods))
    publish(4, ago=9000)
    publish(4, ago=5400)
    assert state(name) == "OK"
    publish(4, ago=9000)
    assert state(name) == "OK"
    publish(4, ago=5400)
    assert state(name) == "ALARM"


@pytest.mark.parametrize(
    ("missing", "before_any"),
    [("missing", "INSUFFICIENT_DATA"), ("notBreaching", "OK"), ("breaching", "ALARM")],
)
def test_missing_data_count_as_the_alarm_says(
    name: str, state: State, cloudwatch: Any, publish: Publish, missing: str, before_any: str
) -> None:
    cloudwatch.put_metric_alarm(**settings(name, TreatMissingData=missing))
    assert state(name) == before_any
    publish(0)
    assert state(name) == "OK"


def test_a_state_set_by_hand_holds_until_its_own_metric_gets_a_value(
    name: str, state: State, cloudwatch: Any, publish: Publish
) -> None:
    cloudwatch.put_metric_alarm(**settings(name, TreatMissingData="notBreaching"))
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="told to")
    publish(7, metric="Other")
    assert state(name) == "ALARM"
    publish(0)
    assert state(name) == "OK"


def test_its_topic_and_its_history_tell_of_it(
    name: str, cloudwatch: Any, publish: Publish, aws: boto3.session.Session
) -> None:
    topic = aws.client("sns").create_topic(Name=name)["TopicArn"]
    sqs = aws.client("sqs")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    principal = {"Service": "sns.amazonaws.com"}
    allowed = {"Effect": "Allow", "Principal": principal, "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    cloudwatch.put_metric_alarm(**settings(name, AlarmActions=[topic]))
    publish(3)
    [message] = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    told = json.loads(json.loads(message["Body"])["Message"])
    assert (told["AlarmName"], told["NewStateValue"]) == (name, "ALARM")
    assert told["NewStateReason"] == "Threshold Crossed: [3] GreaterThanThreshold 0"
    [moved, _made] = sorted(
        cloudwatch.describe_alarm_history(AlarmName=name)["AlarmHistoryItems"],
        key=lambda item: "ALARM" not in item["HistorySummary"],
    )
    assert moved["HistorySummary"] == "Alarm updated from INSUFFICIENT_DATA to ALARM"


def test_metrics_that_nobody_publishes_are_one_gap(
    stacks: Stacks, name: str, state: State, cloud_home: Home
) -> None:
    silent = {"Namespace": "AWS/RDS", "MetricName": "CPUUtilization"}
    concurrent = {"Namespace": "AWS/Lambda", "MetricName": "ConcurrentExecutions"}
    given = {
        "Cpu": settings(f"{name}-cpu", **silent),
        "Quiet": settings(f"{name}-quiet", **silent, TreatMissingData="notBreaching"),
        "Concurrent": settings(f"{name}-concurrent", **concurrent),
    }
    stacks.deploy(
        name, {key: {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm} for key, alarm in given.items()}
    )
    assert [state(f"{name}-{alarm}") for alarm in ("cpu", "quiet")] == ["INSUFFICIENT_DATA", "OK"]
    gaps = GapLog.of(cloud_home).by_stack()[name]
    assert {gap.subject for gap in gaps} == {
        "metrics of AWS/RDS",
        "ConcurrentExecutions metrics of AWS/Lambda",
    }
    assert [gap.fidelity for gap in gaps] == [Fidelity.EMULATED] * 2
    stacks.delete(name)


def test_a_statistic_that_is_not_computed_is_said(name: str, cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(**settings(name, ExtendedStatistic="tm90", TreatMissingData="breaching"))
    [alarm] = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"
    assert alarm["StateReason"] == "Not evaluated in a rehearsal: the statistic tm90 is not computed"


def test_a_filter_that_reads_no_logs_is_said(stacks: Stacks, name: str, cloud_home: Home) -> None:
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name}}
    counted = {"MetricName": "Used", "MetricNamespace": name, "MetricValue": "1"}
    found = {"LogGroupName": {"Ref": "Group"}, "FilterPattern": "x", "MetricTransformations": [counted]}
    stacks.deploy(name, {"Group": group, "Filter": {"Type": "AWS::Logs::MetricFilter", "Properties": found}})
    [gap] = GapLog.of(cloud_home).by_stack()[name]
    assert (gap.subject, gap.fidelity) == ("AWS::Logs::MetricFilter", Fidelity.RECORDED)
    stacks.delete(name)


def test_asynchronous_failures_count_when_they_have_run(
    functions: tuple[str, str], name: str, state: State, cloudwatch: Any, aws: boto3.session.Session
) -> None:
    client = aws.client("lambda")
    client.put_function_event_invoke_config(FunctionName=functions[1], MaximumRetryAttempts=0)
    cloudwatch.put_metric_alarm(**settings(name, **errors(functions[1])))
    client.invoke(FunctionName=functions[1], InvocationType="Event", Payload=b'"fail"')
    until(lambda: state(name) != "INSUFFICIENT_DATA", "the alarm was not evaluated")
    assert state(name) == "ALARM"
