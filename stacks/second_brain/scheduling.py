"""What Second Brain does by the clock: briefings, reminders, calendars, cleaning up.

Both quarter-hourly jobs start together; each holds a lock of its own in the database, so that a retry
or an overlap changes nothing.
"""

from dataclasses import replace

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from blocks.rust_function import RustFunction
from blocks.schedule import Appointment, DeadLetters, Schedule
from stacks.application import Site
from stacks.second_brain.rust import Work, Workshop
from stacks.second_brain.settings import SecondBrainSettings

TIMEOUT_SECONDS = 300
HOURLY = events.Schedule.rate(Duration.hours(1))
QUARTER_HOURLY = events.Schedule.rate(Duration.minutes(15))
NIGHTLY = events.Schedule.expression("cron(0 2 * * ? *)")


class SchedulingStack(Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        site: Site[SecondBrainSettings],
        workshop: Workshop,
    ) -> None:
        super().__init__(scope, construct_id, description="Second Brain: scheduled work")
        self._workshop = workshop
        self._key = site.message_key
        self.topic = sns.Topic(
            self,
            "Notifications",
            display_name="Second Brain: messages to people",
            master_key=self._key.key,
            enforce_ssl=True,
        )
        self.dead_letters = DeadLetters(self, "DeadLetters")
        self.dispatcher = self._dispatcher()
        self.evaluator = self._evaluator()
        self.calendar_sync = self._calendar_sync()
        self.cleanup = self._cleanup()
        self._tell()
        self._admit_smoke_tests(site)

    @property
    def functions(self) -> tuple[RustFunction, ...]:
        return self.dispatcher, self.evaluator, self.calendar_sync, self.cleanup

    def _dispatcher(self) -> RustFunction:
        return self._scheduled(
            "BriefingDispatcher",
            Work(
                binary="briefing_dispatcher",
                description="Sends each person's briefing in the hour that they chose",
                environment={**self._workshop.agent_settings, **self._topic_settings},
                grants=[self._workshop.ask_agent, *self._publish],
            ),
            schedule=HOURLY,
        )

    def _evaluator(self) -> RustFunction:
        return self._scheduled(
            "ReminderEvaluator",
            Work(
                binary="reminder_evaluator",
                description="Sends the reminders that are due",
                environment=self._topic_settings,
                grants=self._publish,
            ),
            schedule=QUARTER_HOURLY,
        )

    def _calendar_sync(self) -> RustFunction:
        work = Work(binary="calendar_sync", description="Takes over events of calendars elsewhere")
        return self._scheduled("CalendarSync", work, schedule=QUARTER_HOURLY)

    def _cleanup(self) -> RustFunction:
        work = Work(binary="daily_cleanup", description="Deletes what nobody will ask for again")
        return self._scheduled("DailyCleanup", work, schedule=NIGHTLY)

    @property
    def _topic_settings(self) -> dict[str, str]:
        return {"NOTIFICATION_TOPIC_ARN": self.topic.topic_arn}

    @property
    def _publish(self) -> list[iam.PolicyStatement]:
        publish = iam.PolicyStatement(actions=["sns:Publish"], resources=[self.topic.topic_arn])
        return [publish, self._key.use]

    def _scheduled(self, construct_id: str, work: Work, *, schedule: events.Schedule) -> RustFunction:
        bounded = replace(work, timeout_seconds=TIMEOUT_SECONDS, dead_letters=self.dead_letters.queue)
        made = self._workshop.make(self, construct_id, work=bounded)
        Schedule(
            self,
            f"{construct_id}Schedule",
            appointment=Appointment(description=work.description, schedule=schedule),
            function=made.function,
            dead_letters=self.dead_letters,
        )
        return made

    def _tell(self) -> None:
        CfnOutput(self, "BriefingDispatcherArn", value=self.dispatcher.function.function_arn)
        self.names = {
            "BRIEFING_DISPATCHER": self._name("BriefingDispatcherName", self.dispatcher),
            "REMINDER_EVALUATOR": self._name("ReminderEvaluatorName", self.evaluator),
            "CALENDAR_SYNC": self._name("CalendarSyncName", self.calendar_sync),
            "DAILY_CLEANUP": self._name("DailyCleanupName", self.cleanup),
        }
        CfnOutput(self, "NotificationTopicArn", value=self.topic.topic_arn)

    def _name(self, construct_id: str, made: RustFunction) -> CfnOutput:
        return CfnOutput(self, construct_id, value=made.function.function_name)

    def _admit_smoke_tests(self, site: Site[SecondBrainSettings]) -> None:
        site.smoke.allow(
            self,
            actions=["lambda:InvokeFunction"],
            resources=[made.function.function_arn for made in self.functions],
        )
