"""A rule that starts a function on time, with a queue for the events that cannot be delivered.

The queue belongs to the rules and to the functions alike: EventBridge leaves there what it could not
hand over after its retries, Lambda what the function has failed on after its own.
"""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from blocks.waivers import acknowledge

RETRIES = 2


@dataclass(frozen=True, kw_only=True)
class Appointment:
    description: str
    schedule: events.Schedule


class DeadLetters(Construct):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.queue = sqs.Queue(
            self,
            "Queue",
            enforce_ssl=True,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            retention_period=Duration.days(14),
        )
        acknowledge(self.queue, {"AwsSolutions-SQS3": "It is the dead-letter queue of others"})


class Schedule(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        appointment: Appointment,
        function: lambda_.IFunction,
        dead_letters: DeadLetters,
    ) -> None:
        super().__init__(scope, construct_id)
        self.rule = events.Rule(
            self, "Rule", description=appointment.description, schedule=appointment.schedule
        )
        self.rule.add_target(
            targets.LambdaFunction(function, dead_letter_queue=dead_letters.queue, retry_attempts=RETRIES)
        )
