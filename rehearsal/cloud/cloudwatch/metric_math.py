"""Alarms on metric math, which ministack refuses in templates and ignores in requests.

Such an alarm is stored like ministack's other alarms, with `Metrics` in place of the single metric. So
ministack can describe, compose, notify and delete it. The hook `alarms` evaluates both kinds.
"""

import copy
from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore import session as botocore_session

from rehearsal.cloud.cloudwatch.gaps import gaps_of
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.gaps import GapLog
from rehearsal.emulator.guards import Guard
from rehearsal.emulator.resource_types.shapes import to_api

STAND_IN = "-"
"""A temporary namespace that marks an alarm on metric math while ministack creates it."""
_OF_ONE_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit")
_KEPT = ("Metrics", "ThresholdMetricId")
Alarm = dict[str, Any]


def apply(cloud: Cloud) -> None:
    guard = Guard("metric math alarms")
    cloudwatch = guard.module("ministack.services.cloudwatch")
    for name in ("_alarms", "_error", "_p"):
        guard.attribute(cloudwatch, name)
    guard.function(cloudwatch, "_evaluate_alarm", ("alarm",))
    _accept_in_templates(guard, cloudwatch)
    _accept_in_requests(guard, cloudwatch, cloud.gaps)


def _accept_in_templates(guard: Guard, cloudwatch: Any) -> None:
    provisioners = guard.module("ministack.services.cloudformation.provisioners")
    guard.that(guard.attribute(provisioners, "_cw") is cloudwatch, "alarms of templates are kept elsewhere")
    native = guard.function(provisioners, "_cw_metric_alarm_record", ("name", "props"))

    def record(name: str, props: Mapping[str, Any]) -> Alarm:
        if not props.get("Metrics"):
            return native(name, props)  # type: ignore[no-any-return]
        return _as_math(native(name, _with_one_metric(props)), props)

    provisioners._cw_metric_alarm_record = record


def _accept_in_requests(guard: Guard, cloudwatch: Any, gaps: GapLog) -> None:
    parameters = ("params", "cbor_data", "is_cbor", "is_json")
    native = guard.function(cloudwatch, "_put_metric_alarm", parameters)

    def put(params: Mapping[str, Any], data: Mapping[str, Any], is_cbor: bool, is_json: bool = False) -> Any:
        def refused(message: str) -> Any:
            return cloudwatch._error("ValidationError", message, 400, use_json=is_json, use_cbor=is_cbor)

        if any(name.startswith("Metrics.member.") for name in params):
            return refused(
                "The rehearsal supports Metrics from clients that send JSON only: use a newer SDK."
            )
        try:
            name = _checked(data) if data.get("Metrics") else ""
        except (KeyError, ValueError) as error:
            return refused(str(error))
        answer = native(params, _with_one_metric(data) if name else data, is_cbor, is_json)
        if answer[0] == 200:
            alarm = cloudwatch._alarms[name or data.get("AlarmName") or cloudwatch._p(params, "AlarmName")]
            if name:
                cloudwatch._evaluate_alarm(_as_math(alarm, data))
            for gap in gaps_of(alarm["AlarmName"], alarm):
                gaps.note(gap)
        return answer

    cloudwatch._put_metric_alarm = put


def _checked(data: Mapping[str, Any]) -> str:
    """Check as AWS does and return the alarm's name."""
    name = str(data["AlarmName"])
    tuple(gaps_of(name, data))
    return name


def _with_one_metric(given: Mapping[str, Any]) -> dict[str, Any]:
    """Add the single metric that ministack requires; `_as_math` removes it again."""
    rest = {name: value for name, value in given.items() if name not in _KEPT}
    return {"Threshold": 0, **rest, "MetricName": STAND_IN, "Namespace": STAND_IN}


def _as_math(alarm: Alarm, given: Mapping[str, Any]) -> Alarm:
    for name in _OF_ONE_METRIC:
        alarm.pop(name, None)
    if "Threshold" not in given:
        alarm.pop("Threshold")
    alarm.update({name: copy.deepcopy(given[name]) for name in _KEPT if name in given})
    alarm["Metrics"] = to_api(alarm["Metrics"], _queries_shape())
    return alarm


@cache
def _queries_shape() -> Any:
    return botocore_session.get_session().get_service_model("cloudwatch").shape_for("MetricDataQueries")
