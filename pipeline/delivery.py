"""The delivery pipeline: one push, every environment.

Source → Build (Rust beside Python, then Synth) → UpdatePipeline → Assets → the environments in order.
An environment that asks first has a stage of its own in front of it, `Approve<Environment>`.
"""

from collections.abc import Sequence
from typing import Any

from aws_cdk import Environment as Target
from aws_cdk import Stack, Tags, pipelines
from aws_cdk import aws_codepipeline as codepipeline
from constructs import Construct

from config.delivery import Pipeline
from pipeline import repair
from pipeline.artifact_store import ArtifactStore, access_logs, encryption_key, harden_replicas
from pipeline.build_steps import PYTHON_CHECKS, RUST, RUST_OUTPUT, SYNTH, Inputs, code_build_step
from pipeline.checks import Checks, checks_name
from pipeline.conditions import replace_failed_stacks, roll_back_on_failure
from pipeline.environment_steps import EnvironmentSteps
from pipeline.notifications import Notifications
from pipeline.publisher import cli_version, publish_with_cli
from pipeline.roles import ActionRoles
from pipeline.source import connection_arn, push_trigger
from pipeline.waivers import PIPELINE_ROLE, SELF_MUTATION, excuse_generated
from stacks.application import Application
from stages.environment import EnvironmentStage

_MODES = {
    "QUEUED": codepipeline.ExecutionMode.QUEUED,
    "SUPERSEDED": codepipeline.ExecutionMode.SUPERSEDED,
}


class DeliveryPipeline(Stack):
    def __init__(
        self, scope: Construct, *, config: Pipeline, applications: Sequence[Application[Any]]
    ) -> None:
        super().__init__(
            scope,
            config.construct_id,
            env=Target(account=config.account, region=config.region),
            description=f"Delivers {config.repository} from {config.branch}",
        )
        self.config = config
        # Without it CloudFormation may not touch keys, secrets and the like (pipeline/permissions/scopes.py).
        Tags.of(self).add("delivery", config.full_name)
        self._connection = connection_arn(self, config)
        self._logs = access_logs(self, "AccessLogs")
        self._key = encryption_key(self, "Key", description=f"Artifacts and messages of {config.full_name}")
        self._store = ArtifactStore(
            self,
            "Artifacts",
            pipeline_name=config.full_name,
            key=self._key,
            logs=self._logs,
            keeps_reports=True,
        )
        self._notifications = Notifications(
            self,
            "Notifications",
            pipeline_name=config.full_name,
            addresses=config.notify,
            key=self._key,
        )
        self.pipeline = self._code_pipeline()
        self._roles = ActionRoles(self, "Actions", pipeline_role=self.pipeline.role)
        self.environments = self._deliver(applications)
        self._finish()
        self._add_checks()
        excuse_generated(
            self,
            also={
                f"{config.construct_id}/Pipeline/Role/": PIPELINE_ROLE,
                f"{config.construct_id}/Delivery/UpdatePipeline/": SELF_MUTATION,
            },
        )

    def _code_pipeline(self) -> codepipeline.Pipeline:
        return codepipeline.Pipeline(
            self,
            "Pipeline",
            pipeline_name=self.config.full_name,
            pipeline_type=codepipeline.PipelineType.V2,
            execution_mode=_MODES[self.config.execution_mode],
            variables=[
                codepipeline.Variable(
                    variable_name=repair.VARIABLE,
                    default_value=repair.NO_REPAIR,
                    description=repair.DESCRIPTION,
                )
            ],
            restart_execution_on_update=True,
            artifact_bucket=self._store.bucket,
            cross_account_keys=self.config.is_cross_account,
            enable_key_rotation=self.config.is_cross_account,
        )

    def _deliver(self, applications: Sequence[Application[Any]]) -> tuple[EnvironmentStage, ...]:
        source = pipelines.CodePipelineSource.connection(
            self.config.repository,
            self.config.branch,
            connection_arn=self._connection,
            trigger_on_push=False,
        )
        synth = self._synth(source)
        delivery = pipelines.CodePipeline(
            self,
            "Delivery",
            code_pipeline=self.pipeline,
            synth=synth,
            cli_version=cli_version(),
            use_change_sets=False,
            publish_assets_in_parallel=False,
        )
        steps = EnvironmentSteps(
            config=self.config,
            source=source,
            assembly=synth,
            bucket=self._store.bucket,
            topic=self._notifications.topic,
            key=self._key,
            roles=self._roles,
        )
        stages = tuple(
            EnvironmentStage.for_pipeline(
                self, pipeline=self.config, environment=environment, applications=applications
            )
            for environment in self.config.environments
        )
        for stage in stages:
            if before := steps.before(stage):
                delivery.add_wave(f"Approve{stage.node.id}", pre=before)
            delivery.add_stage(stage, post=steps.after(stage))
        delivery.build_pipeline()
        return stages

    def _synth(self, source: pipelines.CodePipelineSource) -> pipelines.CodeBuildStep:
        rust = code_build_step(RUST, Inputs(main=source), action_role=self._roles.role(RUST.name))
        python = code_build_step(
            PYTHON_CHECKS, Inputs(main=source), action_role=self._roles.role(PYTHON_CHECKS.name)
        )
        synth = code_build_step(
            SYNTH,
            Inputs(main=source, others={RUST_OUTPUT: rust}),
            action_role=self._roles.role(SYNTH.name),
        )
        synth.add_step_dependency(python)
        return synth

    def _finish(self) -> None:
        """What CDK Pipelines cannot say, said to the pipeline that it rendered."""
        rendered = self.pipeline.node.default_child
        if isinstance(rendered, codepipeline.CfnPipeline):
            # The rule reports as errors that CDK joins role ARNs where cfn-lint would like `Fn::Sub`.
            rendered.add_metadata("cfn-lint", {"config": {"ignore_checks": ["E3703"]}})
        harden_replicas(self.pipeline)
        roll_back_on_failure(self.pipeline, self.environments)
        replace_failed_stacks(self.pipeline, self.environments)
        publish_with_cli(
            self,
            self.pipeline,
            stacks=f"{self.config.construct_id}/**",
            environments=self.environments,
            action_role=self._roles.role("Assets"),
        )
        (source_action,) = self.pipeline.stage("Source").actions
        trigger = push_trigger(source_action, self.config)
        self.pipeline.add_trigger(
            provider_type=trigger.provider_type, git_configuration=trigger.git_configuration
        )

    def _add_checks(self) -> None:
        store = ArtifactStore(
            self,
            "CheckArtifacts",
            pipeline_name=checks_name(self.config),
            key=encryption_key(
                self, "ChecksKey", description=f"Artifacts of the checks of {self.config.full_name}"
            ),
            logs=self._logs,
        )
        self.checks = Checks(
            self, "Checks", config=self.config, connection_arn=self._connection, bucket=store.bucket
        )
