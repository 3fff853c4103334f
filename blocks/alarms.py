"""Alarms with names that the environment's health alarm can be told without a reference."""

from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from blocks.naming import Names


@dataclass(frozen=True, kw_only=True)
class Threshold:
    metric: cloudwatch.IMetric
    above: float | None = None
    below: float | None = None
    periods: int = 3


class AlarmSet(Construct):
    """One application's alarms; `names` is what its BuiltApplication tells the environment."""

    def __init__(self, scope: Construct, construct_id: str, *, names: Names, application: str) -> None:
        super().__init__(scope, construct_id)
        self._names = names
        self._application = application
        self.names: list[str] = []

    def add(self, what: str, *, threshold: Threshold, meaning: str) -> cloudwatch.Alarm:
        """`what` is a short word for the name, `meaning` what a person who is woken should know."""
        name = self._names.of(f"{self._application}-{what}")
        self.names.append(name)
        is_above = threshold.above is not None
        limit = threshold.above if threshold.above is not None else threshold.below
        if limit is None:
            raise ValueError(f"the alarm {name} has no threshold; give above= or below=")
        return cloudwatch.Alarm(
            self,
            "".join(part.capitalize() for part in what.split("-")),
            alarm_name=name,
            alarm_description=meaning,
            metric=threshold.metric,
            threshold=limit,
            evaluation_periods=threshold.periods,
            comparison_operator=_ABOVE if is_above else _BELOW,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )


_ABOVE = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
_BELOW = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
