"""CloudTrail: trails in the API only; no log files are delivered."""

from collections.abc import Mapping
from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.backed import Backed
from rehearsal.emulator.resource_types.known import Known


def _trail_arguments(it: Known) -> Mapping[str, Any]:
    group, role = it.properties.get("CloudWatchLogsLogGroupArn"), it.properties.get("CloudWatchLogsRoleArn")
    logs = {"CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": role} if group else {}
    return {"Name": it.name("TrailName", limit=128), "TagsList": it.properties.get("Tags", []), **logs}


def _switch_logging(client: Any, it: Known) -> None:
    name = it.id or it.name("TrailName", limit=128)
    logging = str(it.properties.get("IsLogging", True)).lower() == "true"
    (client.start_logging if logging else client.stop_logging)(Name=name)
    if selectors := it.properties.get("EventSelectors"):
        client.put_event_selectors(TrailName=name, EventSelectors=selectors)


def _trail(client: Any, it: Known) -> Mapping[str, Any]:
    return client.get_trail(Name=it.id)["Trail"]  # type: ignore[no-any-return]


ROWS = (
    Backed(
        type_name="AWS::CloudTrail::Trail",
        service="cloudtrail",
        create="create_trail",
        arguments=_trail_arguments,
        ref=lambda it: it.answer["Name"],
        key=lambda it: {"Name": it.id},
        read=_trail,
        update="update_trail",
        delete="delete_trail",
        after_create=_switch_logging,
        after_update=_switch_logging,
        immutable=frozenset({"TrailName"}),
        attributes=lambda it: {
            "Arn": it.answer["TrailARN"],
            "SnsTopicArn": it.answer.get("SnsTopicARN", ""),
            "SnsTopicName": it.answer.get("SnsTopicName", ""),
        },
        limits="the trail exists in the API only; no log files are delivered to its bucket",
    ),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
