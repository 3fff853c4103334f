"""One alarm's data and the state that follows from them.

The periods end now and reach back from there, as CloudWatch slides them for periods above a minute, so a
point counts as soon as it is published. An alarm goes off when `needed` of its last `periods` values
cross the threshold, and is well when too few are left that could; only between the two does it matter
how missing values are treated. Where they are left missing, a value that crosses is held against the
alarm no sooner than `needed` periods later: those in between might still turn out well.
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
"""Namespace and name, whatever the dimensions."""
Read = Callable[[Metric, int, int], Series]
"""A metric's values for so many periods of so many seconds."""


@dataclass(frozen=True, kw_only=True)
class Watch:
    metrics: Mapping[str, Metric]
    formulas: Mapping[str, str]
    watched: str
    """The id of the one of both that the alarm looks at."""
    seconds: int
    periods: int
    needed: int
    threshold: float
    comparison: str
    missing: str

    @classmethod
    def of(cls, alarm: Mapping[str, Any]) -> "Watch":
        """Raises `NotEvaluatedError`, and `ValueError` for what AWS refuses."""
        queries = _queries(alarm)
        periods = int(alarm.get("EvaluationPeriods", 1))
        if alarm.get("ThresholdMetricId"):
            raise NotEvaluatedError("anomaly detection learns nothing")
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
        """What the series puts the alarm into that is `now_in` a state."""
        present = [number for number in series if number is not None]
        crossing = sum(_CROSSINGS[self.comparison](number, self.threshold) for number in present)
        if crossing >= self.needed:
            return ALARM
        if len(present) - crossing > self.periods - self.needed:
            return OK
        filled = {"breaching": ALARM, "notBreaching": OK}.get(self.missing)
        return filled or self._unfilled(series, well=len(present) > crossing, now_in=now_in)

    def _unfilled(self, series: Series, *, well: bool, now_in: str) -> str:
        """Of too few values: one of them is well, or all of them cross, or there is none."""
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
    """Why this alarm keeps its first state in a rehearsal; empty where it is evaluated."""
    try:
        Watch.of(alarm)
    except NotEvaluatedError as error:
        return str(error)
    return ""


def names_of(alarm: Mapping[str, Any]) -> frozenset[MetricName]:
    """The metrics that an alarm looks at."""
    asked = (query.get("MetricStat") for query in _queries(alarm))
    return frozenset((stat["Metric"]["Namespace"], stat["Metric"]["MetricName"]) for stat in asked if stat)


def _queries(alarm: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """An alarm on one metric as the query that it stands for."""
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
    """AWS lets the metrics of an alarm have one period only."""
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
