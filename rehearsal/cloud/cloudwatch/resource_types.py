"""Composite alarms of templates."""

from collections.abc import Mapping
from typing import Any

from rehearsal.emulator.resource_types.backed import Backed
from rehearsal.emulator.resource_types.known import Known


def _composite_alarm(client: Any, it: Known) -> Mapping[str, Any]:
    found = client.describe_alarms(AlarmNames=[it.id], AlarmTypes=["CompositeAlarm"])
    return next(iter(found["CompositeAlarms"]), {})


ROWS = (
    Backed(
        type_name="AWS::CloudWatch::CompositeAlarm",
        service="cloudwatch",
        create="put_composite_alarm",
        arguments=lambda it: {"AlarmName": it.name("AlarmName", limit=255)},
        ref=lambda it: it.name("AlarmName", limit=255),
        key=lambda it: {"AlarmName": it.id},
        read=_composite_alarm,
        update="put_composite_alarm",
        delete=lambda client, it: client.delete_alarms(AlarmNames=[it.id]),
        immutable=frozenset({"AlarmName"}),
        attributes=lambda it: {"Arn": it.answer["AlarmArn"]},
    ),
)
