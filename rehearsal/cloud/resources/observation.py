"""Trails, composite alarms and event plumbing that the embedded AWS has an API for."""

from collections.abc import Mapping
from typing import Any

from rehearsal.cloud.resources.backed import Backed
from rehearsal.cloud.resources.known import Known


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


def _composite_alarm(client: Any, it: Known) -> Mapping[str, Any]:
    found = client.describe_alarms(AlarmNames=[it.id], AlarmTypes=["CompositeAlarm"])
    return next(iter(found["CompositeAlarms"]), {})


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
        limits="the trail is known to the API; no log files are delivered to its bucket",
    ),
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
    Backed(
        type_name="AWS::Events::Archive",
        service="events",
        create="create_archive",
        arguments=lambda it: {
            "ArchiveName": it.name("ArchiveName", limit=48),
            "EventSourceArn": it.properties["SourceArn"],
        },
        ref=lambda it: it.name("ArchiveName", limit=48),
        key=lambda it: {"ArchiveName": it.id},
        read="describe_archive",
        delete="delete_archive",
        attributes=lambda it: {"Arn": it.answer["ArchiveArn"]},
    ),
    Backed(
        type_name="AWS::Events::Connection",
        service="events",
        create="create_connection",
        arguments=lambda it: {"Name": it.name("Name")},
        ref=lambda it: it.name("Name"),
        key=lambda it: {"Name": it.id},
        read="describe_connection",
        update="update_connection",
        delete="delete_connection",
        immutable=frozenset({"Name"}),
        attributes=lambda it: {
            "Arn": it.answer["ConnectionArn"],
            "SecretArn": it.answer.get("SecretArn", ""),
        },
    ),
    Backed(
        type_name="AWS::Events::ApiDestination",
        service="events",
        create="create_api_destination",
        arguments=lambda it: {"Name": it.name("Name")},
        ref=lambda it: it.name("Name"),
        key=lambda it: {"Name": it.id},
        read="describe_api_destination",
        update="update_api_destination",
        delete="delete_api_destination",
        immutable=frozenset({"Name"}),
        attributes=lambda it: {"Arn": it.answer["ApiDestinationArn"]},
    ),
    Backed(
        type_name="AWS::WAFv2::WebACLAssociation",
        service="wafv2",
        create="associate_web_acl",
        ref=lambda it: f"{it.properties['ResourceArn']}|{it.properties['WebACLArn']}",
        key=lambda it: {"ResourceArn": it.properties["ResourceArn"]},
        delete="disassociate_web_acl",
        limits="no request is filtered by the web ACL",
    ),
)
