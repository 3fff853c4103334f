"""Alarms on metric math, which ministack refuses in templates and forgets in requests.

Such an alarm is stored as ministack stores its others, with `Metrics` in the place of the one metric, so
that describing, composing, notifying and deleting it stay ministack's own. It is looked at when one of
its metrics gets a value, also from an invoked function, and, because its periods move on without any,
at most a minute after the last look when somebody asks for alarms. A state set by hand holds as long.
"""

import copy
import logging
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from botocore import session as botocore_session

from rehearsal.cloud.alarms.expressions import NotEvaluatedError, Number, Series
from rehearsal.cloud.alarms.gaps import gaps_of
from rehearsal.cloud.alarms.watch import INSUFFICIENT_DATA, Metric, Watch, not_evaluated
from rehearsal.cloud.extension import Cloud
from rehearsal.cloud.gaps import GapLog
from rehearsal.cloud.guards import Guard
from rehearsal.cloud.resources.shapes import to_api

LOOK_EVERY_SECONDS = 60
_OF_ONE_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions", "Unit")
_KEPT = ("Metrics", "ThresholdMetricId")
_log = logging.getLogger("rehearsal.cloud")
Alarm = dict[str, Any]


def apply(cloud: Cloud) -> None:
    guard = Guard("metric math alarms")
    cloudwatch = guard.module("ministack.services.cloudwatch")
    for name in ("_alarms", "_metrics", "_calc_stats", "_stat_value", "_dims_key", "_error"):
        guard.attribute(cloudwatch, name)
    guard.function(cloudwatch, "_record_history", ("alarm_name", "old_state", "new_state", "reason"))
    guard.function(cloudwatch, "_dispatch_alarm_actions", ("alarm", "old_state", "new_state", "reason"))
    guard.function(cloudwatch, "_evaluate_parent_alarms", ("child",))
    alarms = _MathAlarms(cloudwatch)
    _accept_in_templates(guard, cloudwatch)
    _accept_in_requests(guard, cloudwatch, cloud.gaps)
    _evaluate(guard, cloudwatch, alarms)


class _MathAlarms:
    def __init__(self, cloudwatch: Any) -> None:
        self._cloudwatch = cloudwatch
        self._moving = threading.Lock()
        self._looked: dict[str, float] = {}

    def watching(self, namespace: str, metric: str) -> list[Alarm]:
        named = {"Namespace": namespace, "MetricName": metric}
        return [
            alarm
            for alarm in self._all()
            if any(_metric_of(query).items() >= named.items() for query in alarm["Metrics"])
        ]

    def due(self) -> list[Alarm]:
        latest = time.time() - LOOK_EVERY_SECONDS
        return [
            alarm
            for alarm in self._all()
            if max(self._looked.get(alarm["AlarmArn"], 0), alarm["StateUpdatedTimestamp"]) < latest
        ]

    def look_at(self, alarm: Alarm) -> None:
        self._looked[alarm["AlarmArn"]] = time.time()
        try:
            watch = Watch.of(alarm)
            series = watch.series(self._read)
        except NotEvaluatedError:
            return  # its reason says so since it was put
        self._move(alarm, watch.state(series, now_in=alarm["StateValue"]), watch.reason(series))

    def _move(self, alarm: Alarm, state: str, reason: str) -> None:
        """Functions run on threads of their own: one of them makes the change and tells of it."""
        with self._moving:
            old = alarm["StateValue"]
            if state == old:
                return
            alarm.update(StateValue=state, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
        self._cloudwatch._record_history(alarm["AlarmName"], old, state, reason)
        self._cloudwatch._dispatch_alarm_actions(alarm, old, state, reason)
        self._cloudwatch._evaluate_parent_alarms(alarm)

    def _all(self) -> list[Alarm]:
        return [alarm for alarm in self._cloudwatch._alarms.values() if alarm.get("Metrics")]

    def _read(self, metric: Metric, seconds: int, periods: int) -> Series:
        end, points = time.time(), self._points(metric)
        return tuple(
            self._value(metric, points, end - seconds * back, end - seconds * (back - 1))
            for back in range(periods, 0, -1)
        )

    def _points(self, metric: Metric) -> list[dict[str, Any]]:
        key = (metric.namespace, metric.name, self._cloudwatch._dims_key(metric.dimensions))
        found = (
            self._cloudwatch._metrics.get_scoped(metric.account, self._cloudwatch.get_region(), key)
            if metric.account
            else self._cloudwatch._metrics.get(key)
        )
        return [point for point in found or () if metric.unit in ("", point["Unit"])]

    def _value(self, metric: Metric, points: list[dict[str, Any]], start: float, end: float) -> Number:
        inside = [point for point in points if start < point["Timestamp"] <= end]
        statistics = self._cloudwatch._calc_stats(inside)
        if not statistics:
            return None
        return self._cloudwatch._stat_value(statistics, metric.statistic, inside)  # type: ignore[no-any-return]


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
            return refused("The rehearsal takes Metrics from clients that speak JSON only: use a newer SDK.")
        if not data.get("Metrics"):
            return native(params, data, is_cbor, is_json)
        try:
            met = tuple(gaps_of(data["AlarmName"], data))
        except (KeyError, ValueError) as error:
            return refused(str(error))
        answer = native(params, _with_one_metric(data), is_cbor, is_json)
        if answer[0] == 200:
            alarm = _as_math(cloudwatch._alarms[data["AlarmName"]], data)
            cloudwatch._evaluate_alarm(alarm)
            for gap in met:
                gaps.note(gap)
        return answer

    cloudwatch._put_metric_alarm = put


def _evaluate(guard: Guard, cloudwatch: Any, alarms: _MathAlarms) -> None:
    evaluate = guard.function(cloudwatch, "_evaluate_alarm", ("alarm",))
    record = guard.function(cloudwatch, "record_metric", ("namespace", "metric_name", "value"))
    describe = guard.function(cloudwatch, "_describe_alarms", ("params", "cbor_data", "is_cbor", "is_json"))

    def evaluate_either(alarm: Alarm) -> None:
        (alarms.look_at if alarm.get("Metrics") else evaluate)(alarm)

    def record_and_look(namespace: str, metric_name: str, *rest: Any, **more: Any) -> None:
        record(namespace, metric_name, *rest, **more)
        _look_at_all(alarms, lambda: alarms.watching(namespace, metric_name))

    def look_and_describe(*arguments: Any, **options: Any) -> Any:
        _look_at_all(alarms, alarms.due)
        return describe(*arguments, **options)

    cloudwatch._evaluate_alarm = evaluate_either
    cloudwatch.record_metric = record_and_look
    cloudwatch._describe_alarms = look_and_describe


def _look_at_all(alarms: _MathAlarms, which: Callable[[], list[Alarm]]) -> None:
    """Whoever publishes or asks gets an answer whatever is wrong with an alarm; the log has the fault."""
    try:
        for alarm in which():
            alarms.look_at(alarm)
    except Exception:
        _log.exception("An alarm on metric math could not be evaluated")


def _with_one_metric(given: Mapping[str, Any]) -> dict[str, Any]:
    """What ministack asks of every alarm, for `_as_math` to take out again."""
    rest = {name: value for name, value in given.items() if name not in _KEPT}
    return {"Threshold": 0, **rest, "MetricName": "-", "Namespace": "-"}


def _as_math(alarm: Alarm, given: Mapping[str, Any]) -> Alarm:
    for name in _OF_ONE_METRIC:
        alarm.pop(name, None)
    if "Threshold" not in given:
        alarm.pop("Threshold")
    alarm.update({name: copy.deepcopy(given[name]) for name in _KEPT if name in given})
    alarm["Metrics"] = to_api(alarm["Metrics"], _queries_shape())
    if reason := not_evaluated(alarm):
        alarm.update(StateValue=INSUFFICIENT_DATA, StateReason=f"Not evaluated in a rehearsal: {reason}")
    return alarm


def _metric_of(query: Mapping[str, Any]) -> Mapping[str, Any]:
    return (query.get("MetricStat") or {}).get("Metric") or {}


@cache
def _queries_shape() -> Any:
    return botocore_session.get_session().get_service_model("cloudwatch").shape_for("MetricDataQueries")
