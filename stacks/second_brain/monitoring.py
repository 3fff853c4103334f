"""What tells whether Second Brain is well: a dashboard, alarms, and the topic they publish to.

Errors are summed over this application's own functions in this environment. The migrator is shown but
not summed: when it fails, so does the deployment, and an alarm adds up ten metrics at most. Nor is the
function of voice notes: what it fails on for good lies in a dead-letter queue that has an alarm.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import CfnOutput, Fn, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from blocks.alarms import Threshold
from blocks.alerts import PERIOD, Alerts, Dashboard, graph, slowest, total
from blocks.schedule import DeadLetters
from stacks.application import Site
from stacks.second_brain.api import ApiStack
from stacks.second_brain.database import DatabaseStack
from stacks.second_brain.integrations import IntegrationsStack
from stacks.second_brain.scheduling import SchedulingStack
from stacks.second_brain.settings import SecondBrainSettings

_EVERY_ALARM = {
    "AwsSolutions-IAM5[Resource::*]": "CloudWatch checks a look at several alarms against every alarm of the "
    "account; it tells their states and changes nothing"
}
PROMPT = 3_000
"""Milliseconds that a route may take."""
AGENT = 20_000
"""How much longer a route may take that asks the agent: the functions wait for it no longer than that."""
MOST_METRICS = 10
"""That one alarm may put together."""
SUM, AVERAGE = cloudwatch.Stats.SUM, cloudwatch.Stats.AVERAGE


@dataclass(frozen=True, kw_only=True)
class Monitored:
    database: DatabaseStack
    api: ApiStack
    integrations: IntegrationsStack
    scheduling: SchedulingStack

    @property
    def functions(self) -> Mapping[str, lambda_.IFunction]:
        """Those that serve people, by the name that a graph shows."""
        api, outside, clock = self.api, self.integrations, self.scheduling
        made = {
            "query": api.query,
            "ingest": api.ingest,
            "briefing": api.briefing,
            "calendar": api.calendar,
            "discord": outside.discord,
            "alexa": outside.alexa,
            "briefing dispatcher": clock.dispatcher,
            "reminder evaluator": clock.evaluator,
            "calendar sync": clock.calendar_sync,
            "daily cleanup": clock.cleanup,
        }
        return {name: function.function for name, function in made.items()}

    @property
    def all_functions(self) -> Mapping[str, lambda_.IFunction]:
        return {
            **self.functions,
            "voice notes": self.api.voice.made.function,
            "migrator": self.database.migration.function,
        }


class MonitoringStack(Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        site: Site[SecondBrainSettings],
        monitored: Monitored,
    ) -> None:
        super().__init__(scope, construct_id, description="Second Brain: dashboard and alarms")
        self._monitored = monitored
        self.alerts = Alerts(
            self,
            "Alerts",
            names=site.names,
            application="second-brain",
            display_name="Second Brain Alerts",
            key=site.message_key,
            email=site.environment.alarm_email,
        )
        self._watch()
        self.alerts.tell()
        dashboard = Dashboard(self, "Overview", name=site.names.of("second-brain"), rows=self._rows())
        CfnOutput(self, "DashboardUrl", value=dashboard.url)
        CfnOutput(self, "AlertTopicArn", value=self.alerts.topic.topic_arn)
        self.alarm_names = CfnOutput(self, "AlarmNames", value=Fn.join(",", self.alerts.alarms.names))
        site.smoke.allow(self, actions=["cloudwatch:DescribeAlarms"], resources=["*"], wildcards=_EVERY_ALARM)

    def _watch(self) -> None:
        errors = [
            made.metric_errors(period=PERIOD, statistic=SUM) for made in self._monitored.functions.values()
        ]
        alarms = self.alerts.alarms
        alarms.add(
            "high-error-rate",
            threshold=Threshold(metric=total(errors, label="Errors"), above=10, periods=2),
            meaning="Second Brain's functions have failed more than ten times in five minutes, twice",
        )
        self._watch_routes(
            "high-api-latency",
            of_asking=False,
            above=PROMPT,
            meaning="On a route that asks no agent, one request in twenty has taken more than three seconds "
            "for 15 minutes",
        )
        self._watch_routes(
            "high-agent-latency",
            of_asking=True,
            above=PROMPT + AGENT,
            meaning="On a route that asks the agent, one request in twenty has taken more than 23 seconds "
            "for 15 minutes: more than the agent may take and three seconds besides",
        )
        alarms.add(
            "dead-letters",
            threshold=Threshold(
                metric=_undelivered(self._monitored.scheduling.dead_letters), above=0, periods=1
            ),
            meaning="Scheduled work has failed for good; its event lies in the dead-letter queue",
        )
        alarms.add(
            "voice-dead-letters",
            threshold=Threshold(
                metric=_undelivered(self._monitored.api.voice.dead_letters), above=0, periods=1
            ),
            meaning="A recording could not be made a note; its event lies in the dead-letter queue",
        )
        self._monitored.database.postgres.watch(alarms)

    def _watch_routes(self, name: str, *, of_asking: bool, above: int, meaning: str) -> None:
        """As many alarms as the routes need; those after the first are numbered."""
        routes = self._monitored.api.rest.latencies(of_asking=of_asking, statistic="p95", period=PERIOD)
        for first in range(0, len(routes), MOST_METRICS):
            metric = slowest(routes[first : first + MOST_METRICS], label="p95 of the slowest route")
            numbered = f"{name}-{first // MOST_METRICS + 1}" if first else name
            self.alerts.alarms.add(numbered, threshold=Threshold(metric=metric, above=above), meaning=meaning)

    def _rows(self) -> list[list[cloudwatch.GraphWidget]]:
        shown = self._monitored.all_functions.items()
        instance = self._monitored.database.postgres.instance
        stage = self._monitored.api.rest.api.deployment_stage
        requests = stage.metric_count(period=PERIOD, statistic=SUM)
        invocations = [
            made.metric_invocations(period=PERIOD, statistic=SUM, label=name) for name, made in shown
        ]
        errors = [made.metric_errors(period=PERIOD, statistic=SUM, label=name) for name, made in shown]
        durations = [
            made.metric_duration(period=PERIOD, statistic=AVERAGE, label=name) for name, made in shown
        ]
        connections = instance.metric_database_connections(period=PERIOD, statistic=AVERAGE)
        cpu = instance.metric_cpu_utilization(period=PERIOD, statistic=AVERAGE)
        return [
            [graph("Invocations", invocations), graph("Errors", errors)],
            [graph("Duration", durations), graph("Database connections", [connections])],
            [graph("Database CPU", [cpu]), graph("API requests", [requests])],
            [graph("API latency", [stage.metric_latency(period=PERIOD, statistic=AVERAGE)])],
        ]


def _undelivered(dead_letters: DeadLetters) -> cloudwatch.Metric:
    return dead_letters.queue.metric_approximate_number_of_messages_visible(
        period=PERIOD, statistic="Maximum"
    )
