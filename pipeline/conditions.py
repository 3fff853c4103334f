"""What happens to an environment's stage when it fails, and what must hold before it counts as done.

CDK Pipelines does not know stage conditions, so they are written into the rendered pipeline. Only
stages that deploy get them: rolling back `Build` or an approval would mean nothing, and a rejected
approval must not disturb what runs. That is why the approval has a stage of its own.

The bake is an `OnSuccess` condition on the environment's one health alarm. AWS documents the alarm
rule for alarms of the pipeline's own account only, so an environment elsewhere bakes in a step
(`environment_steps.bake`) instead.

A stack whose first creation failed cannot be updated: CREATE_UPDATE refuses it for ever, and a retry with
it. REPLACE_ON_FAILURE deletes it first, but also a stack whose update could not be rolled back, with all
it holds. So only environments whose data goes with its stack anyway have it; in others a person acts
(`pipeline/recovery.py`).
"""

from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_iam as iam

from stages.environment import EnvironmentStage

ROLL_BACK = {"Result": "ROLLBACK"}


def add_conditions(
    pipeline: codepipeline.Pipeline, environments: Sequence[EnvironmentStage], *, account: str | None
) -> None:
    """Call after the pipeline is rendered; its stages keep their order from then on."""
    rendered = pipeline.node.default_child
    if not isinstance(rendered, codepipeline.CfnPipeline):
        raise TypeError("the pipeline construct has no CfnPipeline below it")
    if any(bakes_by_condition(environment, account) for environment in environments):
        # DescribeAlarms cannot be limited to one alarm where the alarm is a composite.
        pipeline.role.add_to_principal_policy(
            iam.PolicyStatement(actions=["cloudwatch:DescribeAlarms"], resources=["*"])
        )
    names = [stage.stage_name for stage in pipeline.stages]
    for environment in environments:
        places = [index for index, name in enumerate(names) if _belongs(name, environment)]
        for index in places:
            rendered.add_property_override(f"Stages.{index}.OnFailure", ROLL_BACK)
        if bakes_by_condition(environment, account):
            rendered.add_property_override(f"Stages.{places[-1]}.OnSuccess", _bake(environment))


def replace_failed_stacks(pipeline: codepipeline.Pipeline, environments: Sequence[EnvironmentStage]) -> None:
    """Where data is not kept. Call after the pipeline is rendered."""
    rendered = pipeline.node.default_child
    if not isinstance(rendered, codepipeline.CfnPipeline):
        raise TypeError("the pipeline construct has no CfnPipeline below it")
    replaced = [stage for stage in environments if stage.environment.removal == "destroy"]
    for index, stage in enumerate(pipeline.stages):
        if not any(_belongs(stage.stage_name, environment) for environment in replaced):
            continue
        for place, action in enumerate(stage.actions):
            if action.action_properties.provider == "CloudFormation":
                path = f"Stages.{index}.Actions.{place}.Configuration.ActionMode"
                rendered.add_property_override(path, "REPLACE_ON_FAILURE")


def bakes_by_condition(environment: EnvironmentStage, account: str | None) -> bool:
    return environment.environment.bake_minutes > 0 and environment.environment.account == account


def _belongs(stage_name: str, environment: EnvironmentStage) -> bool:
    """CDK spreads more than fifty actions over `Prod.1`, `Prod.2`, …"""
    return stage_name.partition(".")[0] == environment.stage_name


def _bake(environment: EnvironmentStage) -> dict[str, Any]:
    rule = {
        "Name": "StaysHealthy",
        "RuleTypeId": {"Category": "Rule", "Owner": "AWS", "Provider": "CloudWatchAlarm", "Version": "1"},
        "Configuration": {
            "AlarmName": environment.health_alarm_name,
            "WaitTime": str(environment.environment.bake_minutes),
        },
        "Region": environment.environment.region,
    }
    return {"Conditions": [{"Result": "ROLLBACK", "Rules": [rule]}]}
