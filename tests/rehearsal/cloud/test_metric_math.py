"""Alarms on metric math: what their expressions give, and that stacks deploy them and data move them."""

import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from rehearsal.cloud.cloudwatch.expressions import NotEvaluatedError, Series
from rehearsal.cloud.cloudwatch.watch import Watch, not_evaluated
from rehearsal.emulator.gaps import GapLog
from rehearsal.home import Home
from rehearsal.model.results import Fidelity
from tests.rehearsal.cloud.stacks import StackFailedError, Stacks, function, trusted_by

SERIES: Mapping[str, Series] = {"m1": (1.0, None, 3.0), "m2": (10.0, 20.0, None), "e_zero": (0.0, 0.0, 0.0)}


def query(name: str, *, metric: str = "Errors", **dimensions: str) -> dict[str, Any]:
    named = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    watched = {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": named}
    return {"Id": name, "MetricStat": {"Metric": watched, "Period": 60, "Stat": "Sum"}, "ReturnData": False}


def alarm(*expressions: str, metrics: tuple[dict[str, Any], ...] = (), **more: Any) -> dict[str, Any]:
    """The last expression is the one that is watched; `e1` names the first."""
    last = len(expressions) - 1
    formulas = [
        {"Id": f"e{index + 1}", "Expression": expression, **({} if index == last else {"ReturnData": False})}
        for index, expression in enumerate(expressions)
    ]
    return {
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "Metrics": [*(metrics or [query(name) for name in SERIES]), *formulas],
        **more,
    }


def computed(*expressions: str) -> Series:
    watch = Watch.of(alarm(*expressions, EvaluationPeriods=3))
    values = iter(SERIES.values())
    return watch.series(lambda _metric, _seconds, _periods: next(values))


@pytest.mark.parametrize(
    ("expressions", "series"),
    [
        (("m1+m2",), (11, None, None)),
        (("SUM([m1,m2])",), (11, 20, 3)),
        (("SUM(METRICS())",), (11, 20, 3)),
        (('SUM(METRICS("m"))',), (11, 20, 3)),
        (("FILL(m1, 0) + FILL(m2, 0)",), (11, 20, 3)),
        (("SUM(FILL(METRICS(), 0))",), (11, 20, 3)),
        (("m1/m2*100",), (10, None, None)),
        (("100 - 100 * (m1 / FILL(m2, 6))",), (90, None, 50)),
        (("m1/e_zero",), (None, None, None)),
        (("FILL(m1, REPEAT)",), (1, 1, 3)),
        (("AVG([m1,m2])",), (5.5, 20, 3)),
        (("MAX([m1,m2]) - MIN([m1,m2])",), (9, 0, 0)),
        (("m1/AVG(m1)",), (0.5, None, 1.5)),
        (("IF(m2 > 15, 1, 0)",), (0, 1, None)),
        (("IF(m2 > 15, m2)",), (None, 20, None)),
        (("-ABS(m1^2)",), (-1, None, -9)),
        (("m1/PERIOD(m1)",), (1 / 60, None, 0.05)),
        (("METRICS()", "SUM(e1)"), (11, 20, 3)),
        (("FILL(m1,0)", "e1 * 2"), (2, 0, 6)),
    ],
)
def test_what_an_expression_gives(expressions: tuple[str, ...], series: Series) -> None:
    assert computed(*expressions) == pytest.approx(series)


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        (alarm("RATE(m1)"), r"`RATE\(m1\)` is not computed"),
        (alarm("SEARCH('{AWS/Lambda} Errors', 'Sum')"), "`SEARCH"),
        (alarm("SELECT SUM(Errors) FROM SCHEMA(AWS)"), "expression 'SELECT"),
        (alarm("FILL(m1, LINEAR)"), "`LINEAR`"),
        (alarm("METRICS()"), "several time series"),
        (alarm("ANOMALY_DETECTION_BAND(m1, 2)", ThresholdMetricId="e1"), "anomaly"),
        (alarm("m1", ComparisonOperator="LessThanLowerThreshold"), "LessThanLowerThreshold"),
    ],
)
def test_what_is_not_evaluated_says_what(definition: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotEvaluatedError, match=reason):
        Watch.of(definition)
    assert not_evaluated(definition)


@pytest.mark.parametrize("expressions", [("m1 + m9",), ("e1 + m1",), ("e2", "e1")])
def test_what_aws_refuses_is_refused(expressions: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="is not defined, or defined by itself"):
        Watch.of(alarm(*expressions))


@pytest.mark.parametrize(
    ("series", "missing", "state"),
    [
        ((0, 9, 9), "missing", "OK"),
        ((9, 9, 9), "missing", "ALARM"),
        ((None, None, None), "missing", "INSUFFICIENT_DATA"),
        ((None, None, None), "notBreaching", "OK"),
        ((None, None, None), "breaching", "ALARM"),
        ((None, None, None), "ignore", "BEFORE"),
        ((9, None, None), "missing", "ALARM"),
        ((None, 9, None), "missing", "BEFORE"),
        ((None, 0, 9), "missing", "OK"),
        ((None, 0, 9), "ignore", "OK"),
        ((None, 0, 9), "breaching", "OK"),
        ((None, 9, None), "breaching", "ALARM"),
        ((None, 9, None), "notBreaching", "OK"),
        ((None, 9, None), "ignore", "BEFORE"),
        ((None, 0, None), "breaching", "OK"),
    ],
)
def test_the_state_that_follows(series: Series, missing: str, state: str) -> None:
    watch = Watch.of(alarm("m1", EvaluationPeriods=3, TreatMissingData=missing))
    assert watch.state(series, now_in="BEFORE") == state


def test_two_of_three_are_enough_where_the_alarm_says_so() -> None:
    watch = Watch.of(alarm("m1", EvaluationPeriods=3, DatapointsToAlarm=2))
    assert watch.state((9, 0, 9), now_in="OK") == "ALARM"
    assert watch.state((9, 0, 0), now_in="ALARM") == "OK"
    assert watch.state((None, None, 9), now_in="OK") == "OK"
    assert watch.state((None, 9, None), now_in="OK") == "ALARM"


Describe = Callable[[str], Any]


@pytest.fixture
def describe(aws: boto3.session.Session) -> Describe:
    client = aws.client("cloudwatch")
    return lambda name: next(iter(client.describe_alarms(AlarmNames=[name])["MetricAlarms"]), None)


@pytest.fixture
def name() -> str:
    return f"math-{uuid.uuid4().hex[:8]}"


def resource(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}


def test_a_stack_makes_changes_and_removes_one(stacks: Stacks, describe: Describe, name: str) -> None:
    definition = alarm("SUM([m1,m2])", metrics=(query("m1"), query("m2", FunctionName="f")), AlarmName=name)
    stacks.deploy(name, {"Alarm": resource(**definition)})
    made = describe(name)
    assert [found["Id"] for found in made["Metrics"]] == ["m1", "m2", "e1"]
    assert made["Metrics"][1]["MetricStat"]["Metric"]["Dimensions"] == [
        {"Name": "FunctionName", "Value": "f"}
    ]
    assert "MetricName" not in made
    stacks.deploy(name, {"Alarm": resource(**{**definition, "Threshold": 7})})
    assert describe(name)["Threshold"] == 7
    stacks.delete(name)
    assert describe(name) is None


def test_functions_that_fail_set_it_off(
    stacks: Stacks, describe: Describe, name: str, aws: boto3.session.Session
) -> None:
    broken = "def handler(event, context):\n    if event.get('fail'):\n        raise ValueError('no')\n"
    names = {f"m{index}": f"{name}-{index}" for index in (1, 2)}
    functions = {key: function(broken, FunctionName=named) for key, named in names.items()}
    definition = alarm(
        "FILL(m1, 0) + FILL(m2, 0)",
        metrics=tuple(query(key, FunctionName=named) for key, named in names.items()),
        AlarmName=name,
        Threshold=1,
    )
    role = trusted_by("lambda", "service-role/AWSLambdaBasicExecutionRole")
    stacks.deploy(name, {"Role": role, **functions, "Alarm": resource(**definition)})
    client = aws.client("lambda")
    assert describe(name)["StateValue"] == "OK"
    client.invoke(FunctionName=names["m1"], Payload=b'{"fail": true}')
    client.invoke(FunctionName=names["m2"], Payload=b"{}")
    assert describe(name)["StateValue"] == "OK"
    client.invoke(FunctionName=names["m2"], Payload=b'{"fail": true}')
    assert describe(name)["StateValue"] == "ALARM"
    assert describe(name)["StateReason"] == "Threshold Crossed: [2] GreaterThanThreshold 1"
    history = aws.client("cloudwatch").describe_alarm_history(AlarmName=name)["AlarmHistoryItems"]
    assert "from OK to ALARM" in "".join(item["HistorySummary"] for item in history)
    stacks.delete(name)


def test_published_data_move_one_that_was_put_by_request(
    describe: Describe, name: str, aws: boto3.session.Session
) -> None:
    client: Any = aws.client("cloudwatch")
    watched = {"Namespace": name, "MetricName": "Used"}
    ratio = [
        {"Id": "m1", "MetricStat": {"Metric": watched, "Period": 60, "Stat": "p50"}, "ReturnData": False},
        {"Id": "e1", "Expression": "m1 / 200 * 100"},
    ]
    client.put_metric_alarm(**alarm(AlarmName=name, Threshold=50) | {"Metrics": ratio})
    assert describe(name)["StateValue"] == "INSUFFICIENT_DATA"
    client.put_metric_data(Namespace=name, MetricData=[{"MetricName": "Used", "Value": 20}])
    assert describe(name)["StateValue"] == "OK"
    used = [{"MetricName": "Used", "Value": 190, "Timestamp": time.time()} for _ in range(3)]
    client.put_metric_data(Namespace=name, MetricData=used)
    assert describe(name)["StateValue"] == "ALARM"
    client.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="told to")
    assert describe(name)["StateReason"] == "told to"
    client.delete_alarms(AlarmNames=[name])
    with pytest.raises(ClientError, match="Exactly one element"):
        client.put_metric_alarm(**alarm("m1", "m2", AlarmName=name) | {"Metrics": [query("m1")]})


def test_one_that_cannot_be_evaluated_is_reported(
    stacks: Stacks, describe: Describe, name: str, cloud_home: Home
) -> None:
    stacks.deploy(
        name, {"Alarm": resource(**alarm("RATE(m1)", AlarmName=name, TreatMissingData="notBreaching"))}
    )
    assert describe(name)["StateValue"] == "INSUFFICIENT_DATA"
    assert describe(name)["StateReason"] == "Not evaluated in a rehearsal: `RATE(m1)` is not computed"
    [gap] = GapLog.of(cloud_home).by_stack()[name]
    assert (gap.subject, gap.fidelity) == (f"alarm {name}", Fidelity.RECORDED)
    stacks.delete(name)


def test_metrics_that_nobody_publishes_here_are_named(stacks: Stacks, name: str, cloud_home: Home) -> None:
    silent = query("m1")
    silent["MetricStat"]["Metric"]["Namespace"] = "AWS/ApiGateway"
    stacks.deploy(name, {"Alarm": resource(**alarm("FILL(m1, 0)", metrics=(silent,)))})
    [gap] = GapLog.of(cloud_home).by_stack()[name]
    assert gap.subject == "metrics of AWS/ApiGateway"
    stacks.delete(name)


def test_an_expression_of_nothing_fails_the_stack(stacks: Stacks, name: str) -> None:
    with pytest.raises(StackFailedError, match="'m7' is not defined"):
        stacks.deploy(name, {"Alarm": resource(**alarm("m1 + m7"))})
