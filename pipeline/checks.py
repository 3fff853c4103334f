"""`checks`: the gates of the delivery pipeline on every pull request. It deploys nothing.

It has an artifact store and roles of its own, because a pull request runs code that nobody has
reviewed: what it can reach must not be able to touch a delivery.
"""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_codepipeline_actions as actions
from aws_cdk import aws_s3 as s3
from constructs import Construct

from config.delivery import Pipeline
from pipeline import build_steps
from pipeline.build_steps import PYTHON_CHECKS, RUST, SYNTH, BuildStep
from pipeline.roles import ActionRoles
from pipeline.source import pull_request_trigger


class Checks(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: Pipeline,
        connection_arn: str,
        bucket: s3.IBucket,
    ) -> None:
        super().__init__(scope, construct_id)
        self._source = codepipeline.Artifact("Source")
        self._rust = codepipeline.Artifact("Rust")
        self.pipeline = codepipeline.Pipeline(
            self,
            "Pipeline",
            pipeline_name=checks_name(config),
            pipeline_type=codepipeline.PipelineType.V2,
            execution_mode=codepipeline.ExecutionMode.QUEUED,
            artifact_bucket=bucket,
        )
        self._roles = ActionRoles(self, "Actions", pipeline_role=self.pipeline.role)
        source = self._source_action(config, connection_arn)
        self.pipeline.add_stage(stage_name="Source", actions=[source])
        self.pipeline.add_stage(stage_name="Checks", actions=self._builds())
        trigger = pull_request_trigger(source, config)
        self.pipeline.add_trigger(
            provider_type=trigger.provider_type, git_configuration=trigger.git_configuration
        )

    def _source_action(
        self, config: Pipeline, connection_arn: str
    ) -> actions.CodeStarConnectionsSourceAction:
        owner, repository = config.repository.split("/")
        return actions.CodeStarConnectionsSourceAction(
            action_name=repository,
            owner=owner,
            repo=repository,
            branch=config.branch,
            connection_arn=connection_arn,
            trigger_on_push=False,
            output=self._source,
        )

    def _builds(self) -> list[codepipeline.IAction]:
        return [
            self._build(RUST, run_order=1, output=self._rust),
            self._build(PYTHON_CHECKS, run_order=1),
            self._build(SYNTH, run_order=2, extra=self._rust),
        ]

    def _build(
        self,
        step: BuildStep,
        *,
        run_order: int,
        output: codepipeline.Artifact | None = None,
        extra: codepipeline.Artifact | None = None,
    ) -> actions.CodeBuildAction:
        return actions.CodeBuildAction(
            action_name=step.name,
            run_order=run_order,
            input=self._source,
            extra_inputs=[extra] if extra else None,
            outputs=[output] if output else None,
            project=self._project(step, links_rust=extra is not None),
            role=self._roles.role(step.name),
        )

    def _project(self, step: BuildStep, *, links_rust: bool) -> codebuild.PipelineProject:
        return codebuild.PipelineProject(
            self,
            step.name,
            description=f"{step.name} on pull requests",
            environment=build_steps.environment(step),
            build_spec=codebuild.BuildSpec.from_object(_build_spec(step, links_rust=links_rust)),
            cache=build_steps.cache(step),
            timeout=Duration.minutes(step.minutes),
        )


def _build_spec(step: BuildStep, *, links_rust: bool) -> dict[str, Any]:
    link = f'mkdir -p lambdas/target && ln -s "$CODEBUILD_SRC_DIR_Rust" {build_steps.RUST_OUTPUT}'
    commands = [*([link] if links_rust else []), *step.commands]
    spec = {**step.build_spec, "phases": {**step.build_spec["phases"], "build": {"commands": commands}}}
    if step is RUST:
        spec["artifacts"] = {"base-directory": build_steps.RUST_OUTPUT, "files": ["**/*"]}
    return spec


def checks_name(config: Pipeline) -> str:
    return f"{config.full_name}-checks"
