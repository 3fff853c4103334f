"""CodeStar Notifications: notification rules of the developer tools."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.recorded import Recorded

ROWS = (
    Recorded(
        type_name="AWS::CodeStarNotifications::NotificationRule",
        ref=lambda it: it.arn("codestar-notifications", f"notificationrule/{it.unique}"),
        attributes=lambda it: {"Arn": it.id},
        reason="its notifications are not sent",
    ),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
