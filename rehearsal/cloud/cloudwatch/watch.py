"""Computes an alarm's state from its data.

The periods end now and reach back from there, as CloudWatch slides periods of more than a minute, so a point
counts as soon as it is published. An alarm goes to ALARM when `needed` of its last `periods` values breach
the threshold, and to OK when too few values are left that could. Only in between does the treatment of
missing data matter. If missing data are left missing, a breaching value sets the alarm off only `needed`
periods later, because the values in between might still be within the threshold.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.cloud.cloudwatch.expressions import NotEvaluatedError, Scope, Series, Several, Value, computed

ALARM, OK, INSUFFICIENT_DATA = "ALARM", "OK", "INSUFFICIENT_DATA"
_STATISTICS = frozenset({"Sum", "Average", "Minimum", "Maximum", "SampleCount"})
_PERCENTILE = re.compile(r"[pP]\d{1,2}(\.\d+)?|[pP]100")
_CROSSINGS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True, kw_only=True)
class Metric:
    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    unit: str
    account: str
    """Empty for the alarm's own."""


MetricName = tuple[str, str]
"""Namespace and name, without dimensions."""
Read = Callable[[Metric, int, int], Series]
"""A function that returns a metric's values for a number of periods of a number of seconds."""


@dataclass(frozen=True, kw_only=True)
class Watch:
    metrics: Mapping[str, Metric]
    formulas: Mapping[str, str]
    watched: str
    """The id of the metric or expression that is compared with the threshold."""
    seconds: int
    periods: int
    needed: int
    threshold: float
    comparison: str
    missing: str

    @classmethod
    def of(cls, alarm: Mapping[str, Any]) -> "Watch":
        """Parse the alarm. Raises `NotEvaluatedError`, or `ValueError` for alarms that AWS refuses."""
        queries = _queries(alarm)
        periods = int(alarm.get("EvaluationPeriods", 1))
        if alarm.get("ThresholdMetricId"):
            raise NotEvaluatedError("anomaly detection is not supported")
        found = cls(
            metrics={query["Id"]: _metric(query) for query in queries if query.get("MetricStat")},
            formulas={query["Id"]: query["Expression"] for query in queries if query.get("Expression")},
            watched=_watched(queries),
            seconds=_seconds(queries),
            periods=periods,
            needed=int(alarm.get("DatapointsToAlarm") or periods),
            threshold=float(alarm.get("Threshold", 0)),
            comparison=_comparison(alarm),
            missing=alarm.get("TreatMissingData") or "missing",
        )
        found.series(_no_data)
        return found

    def series(self, read: Read) -> Series:
        metrics = {name: read(metric, self.seconds, self.periods) for name, metric in self.metrics.items()}
        value = self._value(self.watched, metrics, above=())
        if isinstance(value, Several):
            raise NotEvaluatedError(f"`{self.formulas[self.watched]}` gives several time series")
        return value

    def state(self, series: Series, *, now_in: str) -> str:
        """The new state for the series, given the current state."""
        present = [number for number in series if number is not None]
        crossing = sum(_CROSSINGS[self.comparison](number, self.threshold) for number in present)
        if crossing >= self.needed:
            return ALARM
        if len(present) - crossing > self.periods - self.needed:
            return OK
        filled = {"breaching": ALARM, "notBreaching": OK}.get(self.missing)
        return filled or self._unfilled(series, well=len(present) > crossing, now_in=now_in)

    def _unfilled(self, series: Series, *, well: bool, now_in: str) -> str:
        """The state with missing values: whether one is within the threshold, all breach, or none exist."""
        if well:
            return OK
        if self.missing == "ignore":
            return now_in
        ages = [age for age, number in enumerate(reversed(series), start=1) if number is not None]
        if not ages:
            return INSUFFICIENT_DATA
        return ALARM if ages[-1] >= self.needed else now_in

    def reason(self, series: Series) -> str:
        values = ", ".join("no data" if number is None else f"{number:g}" for number in series)
        return f"Threshold Crossed: [{values}] {self.comparison} {self.threshold:g}"

    def _value(self, name: str, metrics: Mapping[str, Series], *, above: tuple[str, ...]) -> Value:
        if name in metrics:
            return metrics[name]
        if name not in self.formulas or name in above:
            raise ValueError(f"Metrics: {name!r} is not defined, or defined by itself.")
        scope = Scope(
            periods=self.periods,
            seconds=self.seconds,
            look_up=lambda other: self._value(other, metrics, above=(*above, name)),
            metrics=metrics,
        )
        return computed(self.formulas[name], scope)


def not_evaluated(alarm: Mapping[str, Any]) -> str:
    """Why this alarm is not evaluated in a rehearsal; empty if it is."""
    try:
        Watch.of(alarm)
    except NotEvaluatedError as error:
        return str(error)
    return ""


def names_of(alarm: Mapping[str, Any]) -> frozenset[MetricName]:
    """The metrics that an alarm uses."""
    asked = (query.get("MetricStat") for query in _queries(alarm))
    return frozenset((stat["Metric"]["Namespace"], stat["Metric"]["MetricName"]) for stat in asked if stat)


def _queries(alarm: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The alarm's queries; an alarm on one metric is converted to a query."""
    if alarm.get("Metrics"):
        return alarm["Metrics"]  # type: ignore[no-any-return]
    metric = {name: alarm.get(name) for name in ("Namespace", "MetricName", "Dimensions")}
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    asked = {"Metric": metric, "Period": alarm.get("Period"), "Stat": statistic, "Unit": alarm.get("Unit")}
    return [{"Id": "metric", "MetricStat": asked}]


def _watched(queries: Sequence[Mapping[str, Any]]) -> str:
    watched = [query["Id"] for query in queries if str(query.get("ReturnData", True)).lower() == "true"]
    if len(watched) != 1:
        raise ValueError("Exactly one element of the metrics list should return data.")
    return str(watched[0])


def _seconds(queries: Sequence[Mapping[str, Any]]) -> int:
    """The period, which must be the same for all metrics of an alarm, as on AWS."""
    given = [(query.get("MetricStat") or query).get("Period") for query in queries]
    return max((int(period) for period in given if period), default=60)


def _metric(query: Mapping[str, Any]) -> Metric:
    asked, metric = query["MetricStat"], query["MetricStat"]["Metric"]
    statistic = asked["Stat"]
    if statistic not in _STATISTICS and not _PERCENTILE.fullmatch(statistic):
        raise NotEvaluatedError(f"the statistic {statistic} is not computed")
    return Metric(
        namespace=metric["Namespace"],
        name=metric["MetricName"],
        dimensions={pair["Name"]: str(pair["Value"]) for pair in metric.get("Dimensions") or ()},
        statistic=statistic,
        unit=asked.get("Unit") or "",
        account=query.get("AccountId") or "",
    )


def _comparison(alarm: Mapping[str, Any]) -> str:
    comparison = str(alarm["ComparisonOperator"])
    if comparison not in _CROSSINGS:
        raise NotEvaluatedError(f"the comparison {comparison} is not made")
    return comparison


def _no_data(_metric: Metric, _seconds: int, periods: int) -> Series:
    return (None,) * periods
