"""Small applications, and apps to put them in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aws_cdk import CfnOutput, CfnWaitConditionHandle, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from config.application import ApplicationSettings
from config.delivery import Environment
from stacks.application import Application, BuiltApplication, Site
from stages.delivery_app import DeliveryApp
from stages.environment import EnvironmentStage


class NoSettings(ApplicationSettings):
    pass


class Watched(Application[NoSettings]):
    """As many alarms as a test wants, on nothing."""

    name = "watched"

    def __init__(self, alarms: int = 0) -> None:
        self.alarms = alarms

    @property
    def settings(self) -> type[NoSettings]:
        return NoSettings

    def build(self, site: Site[NoSettings]) -> BuiltApplication:
        stack = Stack(site.stage, f"{self.name.capitalize()}All")
        CfnWaitConditionHandle(stack, "Handle")
        output = CfnOutput(stack, "Answer", value="42")
        names = tuple(site.names.of(f"{self.name}-{number}") for number in range(self.alarms))
        for number, name in enumerate(names):
            cloudwatch.Alarm(
                stack,
                f"Alarm{number}",
                alarm_name=name,
                metric=cloudwatch.Metric(namespace="Tests", metric_name="Nothing"),
                threshold=1,
                evaluation_periods=1,
            )
        return BuiltApplication(
            name=self.name, stacks=(stack,), smoke_outputs={"ANSWER": output}, alarms=names
        )


class Queueing(Application[NoSettings]):
    """A queue without the settings that AwsSolutions asks for."""

    name = "queueing"

    @property
    def settings(self) -> type[NoSettings]:
        return NoSettings

    def build(self, site: Site[NoSettings]) -> BuiltApplication:
        stack = Stack(site.stage, "QueueingQueues")
        sqs.Queue(stack, "Queue")
        return BuiltApplication(name=self.name, stacks=(stack,))


class Clinic(Watched):
    """Passes AwsSolutions; its alarms have no action, which HIPAA Security asks for."""

    name = "clinic"
    holds_health_data: ClassVar[bool] = True


Build = Callable[..., tuple[DeliveryApp, EnvironmentStage]]


@pytest.fixture
def build(tmp_path: Path, flags: dict[str, Any]) -> Build:
    """An app with one environment that holds the given applications."""

    def build_environment(
        *applications: Application[Any], **changes: Any
    ) -> tuple[DeliveryApp, EnvironmentStage]:
        app = DeliveryApp(outdir=str(tmp_path / "assembly"), context=flags)
        values: dict[str, Any] = {
            "name": "dev",
            "tier": "dev",
            "account": None,
            "region": "us-east-1",
            "availability_zones": ("use1-az1", "use1-az2"),
            "settings": {application.name: NoSettings() for application in applications},
        }
        stage = EnvironmentStage(
            app,
            "Dev",
            environment=Environment(**{**values, **changes}),
            applications=applications,
            delivery="acme",
        )
        return app, stage

    return build_environment


@pytest.fixture
def watched() -> type[Watched]:
    return Watched


@pytest.fixture
def queueing() -> type[Queueing]:
    return Queueing


@pytest.fixture
def clinic() -> type[Clinic]:
    return Clinic
