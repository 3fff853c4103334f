"""The metric alarms of an environment: their states now, and at a moment that has passed."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

ALARM = "ALARM"
_AT_ONCE = 100
"""Names that DescribeAlarms takes."""
_CHILD = re.compile(r'ALARM\("([^"]+)"\)')


class NoAlarmError(Exception):
    """An alarm that the environment's stacks must make is not there."""


class Alarms:
    """Those that the environment's composite alarm names, composites in between resolved."""

    def __init__(self, cloudwatch: Any, health: str) -> None:
        self._cloudwatch = cloudwatch
        self._health = health

    def states(self) -> dict[str, str]:
        """Of the metric alarms, by name."""
        found, wanted = dict[str, str](), [self._health]
        while wanted:
            metric, composite = self._described(wanted)
            found.update({alarm["AlarmName"]: alarm["StateValue"] for alarm in metric})
            wanted = [child for alarm in composite for child in _CHILD.findall(alarm["AlarmRule"])]
        return found

    def state_at(self, name: str, moment: datetime) -> str:
        """What the first change after the moment changed; without one, what the alarm still is."""
        changes = self._cloudwatch.get_paginator("describe_alarm_history").paginate(
            AlarmName=name,
            AlarmTypes=["MetricAlarm"],
            HistoryItemType="StateUpdate",
            StartDate=moment,
            ScanBy="TimestampAscending",
        )
        for change in (item for page in changes for item in page["AlarmHistoryItems"]):
            if change["Timestamp"] >= moment:  # requests carry whole seconds
                return str(json.loads(change["HistoryData"])["oldState"]["stateValue"])
        return self._described([name])[0][0]["StateValue"]  # type: ignore[no-any-return]

    def _described(self, names: Sequence[str]) -> tuple[list[Any], list[Any]]:
        """Metric alarms and composite ones: DescribeAlarms leaves out the types that it is not asked for."""
        metric, composite = list[Any](), list[Any]()
        for some in _portions(names):
            pages = self._cloudwatch.get_paginator("describe_alarms").paginate(
                AlarmNames=some, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
            )
            for page in pages:
                metric += page["MetricAlarms"]
                composite += page["CompositeAlarms"]
        missing = sorted(set(names) - {alarm["AlarmName"] for alarm in (*metric, *composite)})
        if missing:
            raise NoAlarmError(
                f"there is no alarm {', '.join(missing)}: the environment's stacks must make it"
            )
        return metric, composite


def _portions(names: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), _AT_ONCE):
        yield list(names[start : start + _AT_ONCE])
