"""What surrounds an environment's deployment: change report and approval before it, checks after it."""

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import Aws, pipelines
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from config.delivery import Pipeline
from pipeline.approval import InformedApproval
from pipeline.artifact_store import REPORTS_PREFIX
from pipeline.build_steps import ASSEMBLY, STEP_TOOLS, BuildStep, Inputs, code_build_step
from pipeline.roles import ActionRoles
from stages.environment import EnvironmentStage

GATE = "Bake"
_BUILD_MARGIN_MINUTES = 15


@dataclass(frozen=True, kw_only=True)
class EnvironmentSteps:
    """Makes the steps of one pipeline's environments; it adds nothing to the pipeline itself."""

    config: Pipeline
    source: pipelines.IFileSetProducer
    assembly: pipelines.IFileSetProducer
    bucket: s3.IBucket
    topic: sns.ITopic
    key: kms.IKey
    """Of the topic."""
    roles: ActionRoles

    def before(self, stage: EnvironmentStage) -> list[pipelines.Step]:
        """Nothing where nobody is asked."""
        if not stage.environment.needs_approval:
            return []
        report = self._report(stage)
        approval = InformedApproval(
            "Approve",
            summary=report.exported_variable("SUMMARY"),
            report_url=report.exported_variable("REPORT_URL"),
            topic=self.topic,
        )
        approval.add_step_dependency(report)
        return [report, approval]

    def after(self, stage: EnvironmentStage) -> list[pipelines.Step]:
        checks: list[pipelines.Step] = list(self._smoke(stage))
        if stage.environment.bake_minutes == 0:
            return checks
        bake = self._bake(stage)
        for check in checks:
            bake.add_step_dependency(check)
        return [*checks, bake]

    def _smoke(self, stage: EnvironmentStage) -> Iterator[pipelines.CodeBuildStep]:
        """One for each application: they run in parallel, and their outputs never share a name.

        They share a role, the only one that the environment's smoke role trusts.
        """
        build = (
            self.roles.smoke_build(stage.names.smoke_build_role, stage.node.id)
            if stage.smoke_outputs
            else None
        )
        for application, outputs in stage.smoke_outputs.items():
            step = BuildStep(
                name=f"Smoke-{application}",
                script="smoke",
                arguments=(application,),
                caches=STEP_TOOLS,
                reports=True,
                minutes=20,
            )
            inputs = Inputs(
                main=self.source,
                env=_place(stage) | {"SMOKE_ROLE_ARN": stage.smoke_role_arn},
                outputs=outputs,
                permissions=(_may_assume(stage.smoke_role_arn),),
                role=build,
            )
            yield self._step(step, inputs, stage)

    def _report(self, stage: EnvironmentStage) -> pipelines.CodeBuildStep:
        step = BuildStep(
            name="ChangeReport",
            script="change-report",
            caches=STEP_TOOLS,
            minutes=15,
            afterwards=(". build/change-report.env",),
        )
        env = {"ARTIFACT_BUCKET": self.bucket.bucket_name, "PIPELINE_STACK": self.config.construct_id}
        inputs = Inputs(
            main=self.source,
            others={ASSEMBLY: self.assembly},
            env=_place(stage) | self._execution(stage) | env,
            permissions=tuple(self._report_permissions(stage)),
        )
        return self._step(step, inputs, stage)

    def _report_permissions(self, stage: EnvironmentStage) -> Iterator[iam.PolicyStatement]:
        yield _may_assume(_lookup_role(stage))
        yield self._may_read_executions()
        yield iam.PolicyStatement(
            actions=["s3:GetObject", "s3:PutObject"],
            resources=[self.bucket.arn_for_objects(f"{REPORTS_PREFIX}{self.config.full_name}/*")],
        )

    def _bake(self, stage: EnvironmentStage) -> pipelines.CodeBuildStep:
        minutes = stage.environment.bake_minutes
        step = BuildStep(
            name=GATE, script="bake", caches=STEP_TOOLS, minutes=min(minutes + _BUILD_MARGIN_MINUTES, 2160)
        )
        env = {
            "SLIPWAY_BAKE_MINUTES": str(minutes),
            "HEALTH_ALARM": stage.health_alarm_name,
            "LOOKUP_ROLE_ARN": _lookup_role(stage),
            "NOTIFICATION_TOPIC": self.topic.topic_arn,
            "PIPELINE_ACTION": GATE,
        }
        inputs = Inputs(
            main=self.source,
            env=_place(stage) | self._execution(stage) | env,
            permissions=(
                _may_assume(_lookup_role(stage)),
                self._may_read_executions(),
                iam.PolicyStatement(actions=["sns:Publish"], resources=[self.topic.topic_arn]),
                iam.PolicyStatement(
                    actions=["kms:Decrypt", "kms:GenerateDataKey*"], resources=[self.key.key_arn]
                ),
            ),
        )
        return self._step(step, inputs, stage)

    def _execution(self, stage: EnvironmentStage) -> dict[str, str]:
        return {
            "EXECUTION_ID": "#{codepipeline.PipelineExecutionId}",
            "PIPELINE_NAME": self.config.full_name,
            "PIPELINE_STAGE": stage.stage_name,
        }

    def _may_read_executions(self) -> iam.PolicyStatement:
        pipeline = f"arn:{Aws.PARTITION}:codepipeline:{Aws.REGION}:{Aws.ACCOUNT_ID}:{self.config.full_name}"
        return iam.PolicyStatement(
            actions=["codepipeline:GetPipelineExecution", "codepipeline:ListActionExecutions"],
            resources=[pipeline],
        )

    def _step(self, step: BuildStep, inputs: Inputs, stage: EnvironmentStage) -> pipelines.CodeBuildStep:
        role = self.roles.role(f"{stage.node.id}-{step.name}")
        return code_build_step(step, inputs, action_role=role)


def _place(stage: EnvironmentStage) -> dict[str, str]:
    return {
        "DELIVERY_ENVIRONMENT": stage.environment.name,
        "DELIVERY_REGION": stage.environment.region,
        "DELIVERY_STAGE": stage.node.id,
    }


def _lookup_role(stage: EnvironmentStage) -> str:
    """The read-only role of the bootstrap stack: everything that is there to see, and no secrets."""
    account = stage.environment.account or Aws.ACCOUNT_ID
    region = stage.environment.region
    return f"arn:{Aws.PARTITION}:iam::{account}:role/cdk-hnb659fds-lookup-role-{account}-{region}"


def _may_assume(role_arn: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=["sts:AssumeRole"], resources=[role_arn])
