"""Alarms that tell people: a topic, the alarms that publish to it, and a dashboard beside them."""

from collections.abc import Sequence

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from blocks.alarms import AlarmSet
from blocks.message_key import MessageKey
from blocks.naming import Names

PERIOD = Duration.minutes(5)
WIDTH, HEIGHT = 12, 6


class Alerts(Construct):
    """`alarms` is filled by whoever knows what to watch; `tell` then gives each alarm its topic."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        application: str,
        display_name: str,
        key: MessageKey,
        email: str | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(self, "Topic", display_name=display_name, master_key=key.key, enforce_ssl=True)
        if email:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
        self._admit_alarms()
        self.alarms = AlarmSet(self, "Alarms", names=names, application=application)

    def tell(self) -> None:
        for alarm in self.alarms.node.children:
            if isinstance(alarm, cloudwatch.Alarm):
                alarm.add_alarm_action(actions.SnsAction(self.topic))

    def _admit_alarms(self) -> None:
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )


class Dashboard(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        rows: Sequence[Sequence[cloudwatch.GraphWidget]],
    ) -> None:
        super().__init__(scope, construct_id)
        cloudwatch.Dashboard(self, "Dashboard", dashboard_name=name, widgets=[list(row) for row in rows])
        region = Stack.of(self).region
        self.url = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#dashboards/dashboard/{name}"


def graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, width=WIDTH, height=HEIGHT, period=PERIOD, left=list(metrics))


def total(metrics: Sequence[cloudwatch.IMetric], *, label: str) -> cloudwatch.MathExpression:
    """The sum of up to ten metrics, which is as many as an alarm takes."""
    named = {f"m{number}": metric for number, metric in enumerate(metrics)}
    return cloudwatch.MathExpression(
        expression=" + ".join(f"FILL({name}, 0)" for name in named),
        using_metrics=named,
        label=label,
        period=PERIOD,
    )


def slowest(metrics: Sequence[cloudwatch.IMetric], *, label: str) -> cloudwatch.MathExpression:
    """The highest of up to ten metrics, as many as an alarm takes; one without data does not count."""
    named = {f"m{number}": metric for number, metric in enumerate(metrics)}
    return cloudwatch.MathExpression(
        expression=f"MAX([{', '.join(named)}])", using_metrics=named, label=label, period=PERIOD
    )
