"""The one Stage: everything that a pipeline delivers to one environment.

EnvironmentAccess   the role of the smoke tests, and the key of topics if there are any; deploys first
EnvironmentGatewayLogs  API Gateway's role, once per account and region, if an application needs it
<Application><Part> each application's stacks
EnvironmentHealth   one alarm over all of their alarms    deploys last
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Aws, CfnOutput, Stage, Tags, Validations
from aws_cdk import Environment as Target
from constructs import Construct

from blocks.gateway_logs import GatewayLogs
from blocks.health import HealthStack
from blocks.health_data import HealthDataChecks
from blocks.message_key import MessageKey
from blocks.naming import Names
from blocks.smoke import AccessStack, SmokeAccess
from config.delivery import Environment, Pipeline
from config.names import camel, stage_name
from stacks.application import Application, BuiltApplication, Site


class EnvironmentStage(Stage):
    """Everything of one environment; `delivery` starts its physical names.

    `owns_account`: it sets what its account and region have only once. `has_pipeline`: a pipeline delivers to
    it and runs its smoke tests.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        applications: Sequence[Application[Any]],
        delivery: str,
        pipeline_account: str | None = None,
        stage_name: str | None = None,
        owns_account: bool = True,
        has_pipeline: bool = False,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=Target(account=environment.account, region=environment.region),
            stage_name=stage_name,
        )
        self._know_zones(environment)
        self.environment = environment
        self.names = Names(delivery=delivery, stage=environment.name)
        access = AccessStack(
            self,
            "EnvironmentAccess",
            names=self.names,
            pipeline_account=pipeline_account,
            has_pipeline=has_pipeline,
        )
        self._gateway_logs = GatewayLogs(stage=self, owns=owns_account)
        self._smoke = SmokeAccess(stack=access, names=self.names)
        self._message_key = MessageKey(stack=access)
        self.built = tuple(
            self._build(application)
            for application in applications
            if application.name in environment.settings
        )
        self._watch()
        self._check_health_data(applications)
        self._tag()

    def _know_zones(self, environment: Environment) -> None:
        """Answer the look-up that the CDK would make in an account that it knows."""
        account, region = environment.account, environment.region
        if account:
            key = f"availability-zones:account={account}:region={region}"
            self.node.set_context(key, list(environment.availability_zones))

    @classmethod
    def for_pipeline(
        cls,
        scope: Construct,
        *,
        pipeline: Pipeline,
        environment: Environment,
        applications: Sequence[Application[Any]],
    ) -> "EnvironmentStage":
        """What one pipeline delivers to one environment, named so that two pipelines never meet."""
        construct_id = camel(environment.name)
        return cls(
            scope,
            construct_id,
            environment=environment,
            applications=applications,
            delivery=pipeline.full_name,
            pipeline_account=pipeline.account,
            stage_name=stage_name(pipeline, environment),
            owns_account=_is_first_of_its_account(pipeline, environment),
            has_pipeline=True,
        )

    @property
    def smoke_role_arn(self) -> str:
        """For a stack in the pipeline's account, which an environment without an account shares."""
        account = self.environment.account or Aws.ACCOUNT_ID
        return f"arn:{Aws.PARTITION}:iam::{account}:role/{self.names.smoke_role}"

    @property
    def health_alarm_name(self) -> str:
        return self.names.health_alarm

    @property
    def smoke_outputs(self) -> Mapping[str, Mapping[str, CfnOutput]]:
        """By application, then by the environment variable that carries the output."""
        return {built.name: built.smoke_outputs for built in self.built if built.smoke_outputs}

    def _build(self, application: Application[Any]) -> BuiltApplication:
        return application.build(
            Site(
                stage=self,
                environment=self.environment,
                names=self.names,
                smoke=self._smoke,
                gateway_logs=self._gateway_logs,
                message_key=self._message_key,
                settings=self.environment.settings[application.name],
            )
        )

    def _watch(self) -> None:
        alarms = [alarm for built in self.built for alarm in built.alarms]
        health = HealthStack(
            self,
            "EnvironmentHealth",
            names=self.names,
            alarms=alarms,
            key=self._message_key,
            email=self.environment.alarm_email,
        )
        for built in self.built:
            for stack in built.stacks:
                health.add_stack_dependency(stack)

    def _check_health_data(self, applications: Sequence[Application[Any]]) -> None:
        sensitive = {application.name for application in applications if application.holds_health_data}
        stacks = [stack for built in self.built if built.name in sensitive for stack in built.stacks]
        if stacks:
            Validations.of(self).add_plugins(HealthDataChecks(stacks))

    def _tag(self) -> None:
        Tags.of(self).add("delivery", self.names.delivery)
        Tags.of(self).add("environment", self.environment.name)
        for built in self.built:
            for stack in built.stacks:
                Tags.of(stack).add("application", built.name)


def _is_first_of_its_account(pipeline: Pipeline, environment: Environment) -> bool:
    """Among the environments that share its account and region: what is there once is delivered once."""
    place = environment.account, environment.region
    shared = (other for other in pipeline.environments if (other.account, other.region) == place)
    return next(shared, environment).name == environment.name
