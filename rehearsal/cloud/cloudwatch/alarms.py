"""Evaluates metric alarms, for which ministack ignores dimensions, periods and missing data.

An alarm is evaluated when it is put and when one of its metrics gets a value (from PutMetricData or an
invocation of a function). Because periods move on without values, it is also evaluated when a client reads
alarms and the last evaluation is a minute old. A manually set state lasts until then, as on AWS.

Only the evaluation is replaced: ministack stores alarms and data, sends notifications and evaluates composite
alarms.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from rehearsal.cloud.cloudwatch.expressions import NotEvaluatedError, Number, Series
from rehearsal.cloud.cloudwatch.invocations import LAMBDA, counted_for, publish_invocations
from rehearsal.cloud.cloudwatch.metric_math import STAND_IN
from rehearsal.cloud.cloudwatch.watch import (
    INSUFFICIENT_DATA,
    Metric,
    MetricName,
    Watch,
    names_of,
    not_evaluated,
)
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard

LOOK_EVERY_SECONDS = 60
_ASK_FOR_ALARMS = ("_describe_alarms", "_describe_alarms_for_metric", "_describe_alarm_history")
_log = logging.getLogger("rehearsal.cloud")
Alarm = dict[str, Any]
Point = Mapping[str, Any]


def apply(_cloud: Cloud) -> None:
    guard = Guard("alarms")
    cloudwatch = guard.module("ministack.services.cloudwatch")
    for name in ("_alarms", "_metrics", "_calc_stats", "_stat_value", "get_account_id", "get_region"):
        guard.attribute(cloudwatch, name)
    guard.function(cloudwatch, "_record_history", ("alarm_name", "old_state", "new_state", "reason"))
    guard.function(cloudwatch, "_dispatch_alarm_actions", ("alarm", "old_state", "new_state", "reason"))
    guard.function(cloudwatch, "_evaluate_parent_alarms", ("child",))
    alarms = _Alarms(cloudwatch)
    _look_when_put(guard, cloudwatch, alarms)
    _look_when_published(guard, cloudwatch, alarms)
    _look_when_asked(guard, cloudwatch, alarms)
    publish_invocations(guard, cloudwatch, alarms.published)


class _Alarms:
    def __init__(self, cloudwatch: Any) -> None:
        self._cloudwatch = cloudwatch
        self._moving = threading.Lock()
        self._looked: dict[str, float] = {}

    def put(self, alarm: Alarm) -> None:
        if alarm.get("Namespace") == STAND_IN:
            return
        if reason := not_evaluated(alarm):
            alarm.update(StateValue=INSUFFICIENT_DATA, StateReason=f"Not evaluated in a rehearsal: {reason}")
            return
        self._look_at(alarm)

    def published(self, metrics: Iterable[MetricName]) -> None:
        names = frozenset(metrics)
        self._look_at_all(lambda alarm: bool(names & names_of(alarm)))

    def asked(self) -> None:
        latest = time.time() - LOOK_EVERY_SECONDS
        self._look_at_all(
            lambda alarm: max(self._looked.get(alarm["AlarmArn"], 0), alarm["StateUpdatedTimestamp"]) < latest
        )

    def _look_at_all(self, chosen: Callable[[Alarm], bool]) -> None:
        """An error in one alarm is logged and must not fail the request that publishes or reads."""
        for alarm in list(self._cloudwatch._alarms.values()):
            try:
                if chosen(alarm):
                    self._look_at(alarm)
            except Exception:
                _log.exception("The alarm %s could not be evaluated", alarm.get("AlarmName"))

    def _look_at(self, alarm: Alarm) -> None:
        self._looked[alarm["AlarmArn"]] = time.time()
        try:
            watch = Watch.of(alarm)
            series = watch.series(self._read)
        except NotEvaluatedError:
            return  # the reason was set when it was put
        self._move(alarm, watch.state(series, now_in=alarm["StateValue"]), watch.reason(series))

    def _move(self, alarm: Alarm, state: str, reason: str) -> None:
        """Functions run in several threads: only one of them changes the state and notifies."""
        with self._moving:
            old = alarm["StateValue"]
            if state == old:
                return
            alarm.update(StateValue=state, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
        self._cloudwatch._record_history(alarm["AlarmName"], old, state, reason)
        self._cloudwatch._dispatch_alarm_actions(alarm, old, state, reason)
        self._cloudwatch._evaluate_parent_alarms(alarm)

    def _read(self, metric: Metric, seconds: int, periods: int) -> Series:
        end = time.time()
        start = end - seconds * periods
        points = [point for point in self._points(metric) if start < point["Timestamp"] <= end]
        return tuple(
            self._value(metric, points, end - seconds * back, end - seconds * (back - 1))
            for back in range(periods, 0, -1)
        )

    def _value(self, metric: Metric, points: list[Point], start: float, end: float) -> Number:
        inside = [point for point in points if start < point["Timestamp"] <= end]
        statistics = self._cloudwatch._calc_stats(inside)
        if not statistics:
            return None
        return self._cloudwatch._stat_value(statistics, metric.statistic, inside)  # type: ignore[no-any-return]

    def _points(self, metric: Metric) -> Iterator[Point]:
        account = metric.account or self._cloudwatch.get_account_id()
        kept = self._cloudwatch._metrics.items_scoped(account, self._cloudwatch.get_region())
        for (namespace, name, _), points in kept:
            if (namespace, name) == (metric.namespace, metric.name):
                yield from (point for point in list(points) if _is_of(point, metric))


def _is_of(point: Point, metric: Metric) -> bool:
    """Metrics of the same name with other dimensions are different metrics."""
    if metric.unit not in ("", point["Unit"]):
        return False
    if metric.namespace == LAMBDA:
        return counted_for(point, metric.dimensions)
    return bool(point["Dimensions"] == metric.dimensions)


def _look_when_put(guard: Guard, cloudwatch: Any, alarms: _Alarms) -> None:
    guard.function(cloudwatch, "_evaluate_alarm", ("alarm",))
    cloudwatch._evaluate_alarm = alarms.put


def _look_when_published(guard: Guard, cloudwatch: Any, alarms: _Alarms) -> None:
    record = guard.function(cloudwatch, "record_metric", ("namespace", "metric_name"))
    store = guard.function(cloudwatch, "_store_datum", ("namespace", "name"))
    evaluate_all = "_evaluate_all_alarms"
    guard.function(cloudwatch, evaluate_all, ())
    guard.that(
        evaluate_all in cloudwatch._put_metric_data.__code__.co_names, "PutMetricData evaluates elsewhere"
    )
    request = _Request()

    def record_and_look(namespace: str, metric_name: str, *rest: Any, **more: Any) -> None:
        record(namespace, metric_name, *rest, **more)
        alarms.published([(namespace, metric_name)])

    def store_and_remember(namespace: str, name: str, *rest: Any, **more: Any) -> None:
        store(namespace, name, *rest, **more)
        request.metrics.add((namespace, name))

    def look_at_the_end() -> None:
        published, request.metrics = request.metrics, set()
        alarms.published(published)

    cloudwatch.record_metric = record_and_look
    cloudwatch._store_datum = store_and_remember
    cloudwatch._evaluate_all_alarms = look_at_the_end


class _Request(threading.local):
    """The values that the PutMetricData request of this thread has published."""

    def __init__(self) -> None:
        self.metrics: set[MetricName] = set()


def _look_when_asked(guard: Guard, cloudwatch: Any, alarms: _Alarms) -> None:
    for name in _ASK_FOR_ALARMS:
        describe = guard.function(cloudwatch, name, ("params", "cbor_data", "is_cbor", "is_json"))
        setattr(cloudwatch, name, _after(alarms.asked, describe))


def _after(first: Callable[[], None], then: Callable[..., Any]) -> Callable[..., Any]:
    def both(*arguments: Any, **options: Any) -> Any:
        first()
        return then(*arguments, **options)

    return both
