"""EventBridge: archives, connections and API destinations."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.backed import Backed

ROWS = (
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
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
