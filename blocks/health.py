"""One alarm that stands for all of an environment's.

A composite alarm takes at most a hundred children and a rule of 10,240 characters, so a larger
environment gets a level of composites in between. Children are named, not referenced: nothing is
exported, and an application's stack can drop an alarm without waiting for this one.
"""

from collections.abc import Iterator, Sequence

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from blocks.message_key import MessageKey
from blocks.naming import Names

CHILDREN = 100
RULE_LENGTH = 10_240


class HealthStack(Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        alarms: Sequence[str],
        key: MessageKey,
        email: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id, description="Whether this environment is healthy")
        parts = self._parts(alarms, names) if needs_parts(alarms) else []
        children = [part.alarm_name or "" for part in parts] or alarms
        self.alarm = self._composite("Health", name=names.health_alarm, children=children)
        for part in parts:
            self.alarm.add_dependency(part)
        if email:
            self._tell(email, key)

    def _parts(self, alarms: Sequence[str], names: Names) -> list[cloudwatch.CfnCompositeAlarm]:
        return [
            self._composite(f"Health{number}", name=names.of(f"health-{number}"), children=children)
            for number, children in enumerate(grouped(alarms), start=1)
        ]

    def _composite(
        self, construct_id: str, *, name: str, children: Sequence[str]
    ) -> cloudwatch.CfnCompositeAlarm:
        return cloudwatch.CfnCompositeAlarm(
            self,
            construct_id,
            alarm_name=name,
            alarm_description="In ALARM while any alarm of the environment is",
            alarm_rule=rule(children),
        )

    def _tell(self, email: str, key: MessageKey) -> None:
        topic = sns.Topic(self, "Alarms", master_key=key.key, enforce_ssl=True)
        topic.add_subscription(subscriptions.EmailSubscription(email))
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        self.alarm.alarm_actions = [topic.topic_arn]
        self.alarm.ok_actions = [topic.topic_arn]


def rule(alarms: Sequence[str]) -> str:
    """With nothing to watch the rule is a constant: an environment without alarms is healthy."""
    return " OR ".join(f'ALARM("{alarm}")' for alarm in alarms) or "FALSE"


def needs_parts(alarms: Sequence[str]) -> bool:
    return len(alarms) > CHILDREN or len(rule(alarms)) > RULE_LENGTH


def grouped(alarms: Sequence[str]) -> Iterator[list[str]]:
    """As few groups as CloudWatch's two limits allow, in the given order."""
    group: list[str] = []
    for alarm in alarms:
        if needs_parts([*group, alarm]):
            yield group
            group = []
        group.append(alarm)
    if group:
        yield group
