"""AWS Chatbot: channels; nothing is posted to them."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.recorded import Recorded

ROWS = (
    Recorded(
        type_name="AWS::Chatbot::SlackChannelConfiguration",
        ref=lambda it: it.arn(
            "chatbot",
            f"chat-configuration/slack-channel/{it.properties['ConfigurationName']}",
            regional=False,
        ),
        attributes=lambda it: {"Arn": it.id},
        reason="nothing is posted to a chat",
    ),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
