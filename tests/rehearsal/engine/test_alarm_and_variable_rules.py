"""The bake: an alarm of the embedded CloudWatch is watched, with the action's own role."""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import boto3
import pytest

from rehearsal.engine.ports import Artifacts, RuleRequest, UnsupportedAction
from rehearsal.model.definition import Rule
from rehearsal.model.results import Gap
from rehearsal.providers.registry import rule_for

ALARM = rule_for("CloudWatchAlarm")


class RootSessions:
    """Everything as the account's root."""

    def __init__(self, aws: boto3.session.Session) -> None:
        self.aws = aws

    def assume(self, role_arn: str | None, *, region: str | None = None) -> boto3.session.Session:
        assert role_arn is None
        assert region
        return self.aws


def rule(**configuration: str) -> Rule:
    return Rule(name="Bake", provider="CloudWatchAlarm", configuration=configuration)


@pytest.fixture
def request_for(aws: boto3.session.Session, tmp_path: Path) -> Callable[[list[Gap]], RuleRequest]:
    def make(gaps: list[Gap]) -> RuleRequest:
        return RuleRequest(
            pipeline="demo",
            stage="Deploy",
            execution_id="e-1",
            account="111122223333",
            region="eu-west-1",
            sessions=RootSessions(aws),
            log=lambda _: None,
            cancelled=threading.Event(),
            artifacts=cast(Artifacts, None),
            workdir=tmp_path,
            report=gaps.append,
            bake_seconds=0.6,
        )

    return make


@pytest.fixture
def alarm(aws: boto3.session.Session) -> str:
    name = f"errors-{uuid.uuid4().hex[:8]}"
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="Demo",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    return name


def set_state(aws: boto3.session.Session, name: str, state: Any) -> None:
    aws.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="told to")


Make = Callable[[list[Gap]], RuleRequest]


def test_a_quiet_alarm_is_watched_for_the_bake_and_the_difference_is_said(
    request_for: Make, alarm: str
) -> None:
    gaps: list[Gap] = []
    began = time.monotonic()
    assert ALARM.evaluate(rule(AlarmName=alarm, WaitTime="10"), request_for(gaps)) is None
    assert time.monotonic() - began >= 0.6
    assert "instead of 10 min" in gaps[0].reason


def test_an_alarm_that_goes_off_during_the_bake_fails_it(
    request_for: Make, alarm: str, aws: boto3.session.Session
) -> None:
    threading.Timer(0.2, lambda: set_state(aws, alarm, "ALARM")).start()
    request = replace(request_for([]), bake_seconds=30)
    failure = ALARM.evaluate(rule(AlarmName=alarm, WaitTime="10"), request)
    assert failure is not None
    assert failure.message == f"alarm {alarm} is in ALARM"


def test_without_a_wait_it_looks_once(request_for: Make, alarm: str, aws: boto3.session.Session) -> None:
    gaps: list[Gap] = []
    set_state(aws, alarm, "INSUFFICIENT_DATA")
    assert ALARM.evaluate(rule(AlarmName=alarm), request_for(gaps)) is None
    listed = rule(AlarmName=alarm, AlarmStates="ALARM, INSUFFICIENT_DATA")
    assert ALARM.evaluate(listed, request_for(gaps)) is not None
    assert gaps == []


def test_an_alarm_that_is_not_there_fails_by_name(request_for: Make) -> None:
    failure = ALARM.evaluate(rule(AlarmName="nobody"), request_for([]))
    assert failure is not None
    assert "no alarm 'nobody'" in failure.message


def test_a_stop_ends_the_watch(request_for: Make, alarm: str) -> None:
    request = replace(request_for([]), bake_seconds=None)
    threading.Timer(0.1, request.cancelled.set).start()
    assert ALARM.evaluate(rule(AlarmName=alarm, WaitTime="60"), request) is not None


@pytest.mark.parametrize(
    ("configuration", "says"),
    [
        ({}, "AlarmName is missing"),
        ({"AlarmName": "a", "WaitTime": "soon"}, "WaitTime 'soon' is not a whole number"),
        ({"AlarmName": "a", "AlarmStates": "Ringing"}, "AlarmStates holds 'Ringing'"),
        ({"AlarmName": "a", "Name": "b"}, "no field 'Name'"),
    ],
)
def test_configuration_is_checked(configuration: dict[str, str], says: str) -> None:
    with pytest.raises(UnsupportedAction) as refused:
        ALARM.check(rule(**configuration))
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("found", "operator", "value", "holds"),
    [
        ("main", "EQ", "main", True),
        ("main", "EQ", "dev", False),
        ("main", "NE", "dev", True),
        ("fix: update", "CONTAINS", "update", True),
        ("v1.2", "MATCHES", r"v\d+\.\d+", True),
        ("v1.2-x", "MATCHES", r"v\d+\.\d+", False),
    ],
)
def test_variable_check(request_for: Make, found: str, operator: str, value: str, holds: bool) -> None:
    checked = Rule(
        name="Branch",
        provider="VariableCheck",
        configuration={"Variable": found, "Operator": operator, "Value": value},
    )
    rule_for("VariableCheck").check(checked)
    failure = rule_for("VariableCheck").evaluate(checked, request_for([]))
    assert (failure is None) == holds


def test_other_rules_are_named_as_unsupported() -> None:
    with pytest.raises(UnsupportedAction, match="'DeploymentWindow' is not supported"):
        rule_for("DeploymentWindow")
