"""Fails a stage if an alarm goes off within the bake time after a deployment.

The alarm is watched for the configured minutes, and the rule fails as soon as the alarm is in one of the
listed states. A rehearsal watches for seconds instead, unless the person asks for the real time, and reports
that in the fidelity report.
"""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from rehearsal.engine.ports import RuleRequest, UnsupportedAction
from rehearsal.model.definition import Rule
from rehearsal.model.results import Failure, Fidelity, Gap

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.client import CloudWatchClient

STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
_LOOK_EVERY_SECONDS = 0.25


@dataclass(frozen=True, kw_only=True)
class Watch:
    alarm: str
    states: tuple[str, ...]
    minutes: int

    @classmethod
    def of(cls, rule: Rule) -> "Watch":
        """Parse the rule; raises `UnsupportedAction` for invalid configuration."""
        known = {"AlarmName", "AlarmStates", "WaitTime"}
        if unknown := sorted(set(rule.configuration) - known):
            raise UnsupportedAction(f"rule {rule.name!r}: CloudWatchAlarm has no field {unknown[0]!r}")
        alarm = rule.configuration.get("AlarmName", "")
        if not alarm:
            raise UnsupportedAction(f"rule {rule.name!r}: AlarmName is missing; name the alarm to watch")
        return cls(alarm=alarm, states=_states(rule), minutes=_minutes(rule))


class CloudWatchAlarm:
    def check(self, rule: Rule) -> None:
        Watch.of(rule)

    def evaluate(self, rule: Rule, request: RuleRequest) -> Failure | None:
        watch = Watch.of(rule)
        session = request.sessions.assume(rule.role_arn, region=rule.region or request.region)
        cloudwatch: CloudWatchClient = session.client("cloudwatch")
        try:
            return _watched(watch, cloudwatch, request, until=time.monotonic() + _seconds(watch, request))
        except ClientError as error:
            return Failure(code="PermissionError", message=str(error))


def _watched(
    watch: Watch, cloudwatch: "CloudWatchClient", request: RuleRequest, *, until: float
) -> Failure | None:
    while True:
        state = _state(watch.alarm, cloudwatch)
        if state is None:
            return Failure(code="ConfigurationError", message=f"there is no alarm {watch.alarm!r}")
        if state in watch.states:
            return Failure(code="JobFailed", message=f"alarm {watch.alarm} is in {state}")
        left = until - time.monotonic()
        if left <= 0:
            request.log(f"alarm {watch.alarm} is in {state}")
            return None
        if request.cancelled.wait(min(left, _LOOK_EVERY_SECONDS)):
            return Failure(code="JobFailed", message="stopped while the alarm was watched")


def _state(alarm: str, cloudwatch: "CloudWatchClient") -> str | None:
    found = cloudwatch.describe_alarms(AlarmNames=[alarm], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    states = [item["StateValue"] for item in found["MetricAlarms"]]
    states += [item["StateValue"] for item in found.get("CompositeAlarms", ())]
    return states[0] if states else None


def _seconds(watch: Watch, request: RuleRequest) -> float:
    real = watch.minutes * 60.0
    if request.bake_seconds is None or real <= request.bake_seconds:
        return real
    reason = f"watched for {request.bake_seconds:g} s instead of {watch.minutes} min; `--bake real` waits"
    request.report(Gap(subject=f"alarm {watch.alarm}", fidelity=Fidelity.EMULATED, reason=reason))
    return request.bake_seconds


def _states(rule: Rule) -> tuple[str, ...]:
    text = rule.configuration.get("AlarmStates") or "ALARM"
    states = tuple(part.strip(' []"') for part in text.split(","))
    if unknown := [state for state in states if state not in STATES]:
        raise UnsupportedAction(
            f"rule {rule.name!r}: AlarmStates holds {unknown[0]!r}; use {', '.join(STATES)}"
        )
    return states


def _minutes(rule: Rule) -> int:
    text = rule.configuration.get("WaitTime") or "0"
    if not text.isdigit():
        raise UnsupportedAction(f"rule {rule.name!r}: WaitTime {text!r} is not a whole number of minutes")
    return int(text)
