"""People are told by e-mail, in sentences: approval needed, failed, rolled back, succeeded.

An approval is announced by CodePipeline itself through the same topic, because only that message
carries the summary of the change report and the link to it. The other three are events.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

_ROLL_BACKS = ["AutomatedRollback", "ManualRollback"]
_NO_ROLL_BACK: list[Any] = [{"anything-but": _ROLL_BACKS}, {"exists": False}]


@dataclass(frozen=True, kw_only=True)
class News:
    name: str
    state: str
    trigger: Sequence[Any]
    sentence: str

    def detail(self, pipeline_name: str) -> Mapping[str, Any]:
        return {
            "pipeline": [pipeline_name],
            "state": [self.state],
            "execution-trigger": {"trigger-type": list(self.trigger)},
        }


NEWS = (
    News(
        name="Failed",
        state="FAILED",
        trigger=_NO_ROLL_BACK,
        sentence="FAILED. Nothing after the failed stage has run; the environment is rolled back to its "
        "last good execution if the stage deploys one.",
    ),
    News(
        name="RollBackFailed",
        state="FAILED",
        trigger=_ROLL_BACKS,
        sentence="COULD NOT ROLL BACK. Something failed on the way back, or an alarm began to sound; the "
        "environment needs a person.",
    ),
    News(
        name="RolledBack",
        state="SUCCEEDED",
        trigger=_ROLL_BACKS,
        sentence="ROLLED BACK one environment to its last good execution.",
    ),
    News(
        name="Succeeded",
        state="SUCCEEDED",
        trigger=_NO_ROLL_BACK,
        sentence="SUCCEEDED. Every environment has the new version.",
    ),
)


class Notifications(Construct):
    """The topic, and one rule for each piece of news."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        pipeline_name: str,
        addresses: Sequence[str],
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(
            self, "Topic", display_name=f"{pipeline_name} delivery", master_key=key, enforce_ssl=True
        )
        for address in addresses:
            self.topic.add_subscription(subscriptions.EmailSubscription(address))
        key.add_to_resource_policy(_events_may_encrypt())
        for news in NEWS:
            self._announce(news, pipeline_name)

    def _announce(self, news: News, pipeline_name: str) -> None:
        rule = events.Rule(
            self,
            news.name,
            description=f"Tells people when the pipeline {pipeline_name} {_words(news.name)}",
            event_pattern=events.EventPattern(
                source=["aws.codepipeline"],
                detail_type=["CodePipeline Pipeline Execution State Change"],
                detail=dict(news.detail(pipeline_name)),
            ),
        )
        rule.add_target(targets.SnsTopic(self.topic, message=_message(news, pipeline_name, Stack.of(self))))


def _message(news: News, pipeline_name: str, stack: Stack) -> events.RuleTargetInput:
    execution = events.EventField.from_path("$.detail.execution-id")
    time = events.EventField.from_path("$.time")
    console = (
        f"https://{stack.region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/"
        f"{pipeline_name}/executions/{execution}/timeline?region={stack.region}"
    )
    return events.RuleTargetInput.from_multiline_text(
        f"{pipeline_name} {news.sentence}\nExecution {execution}, {time}.\n{console}"
    )


def _events_may_encrypt() -> iam.PolicyStatement:
    """Without a condition: EventBridge sends KMS no source, and one that asks for it drops every message."""
    return iam.PolicyStatement(
        sid="EventsReachTheEncryptedTopic",
        principals=[iam.ServicePrincipal("events.amazonaws.com")],
        actions=["kms:Decrypt", "kms:GenerateDataKey*"],
        resources=["*"],
    )


def _words(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
