"""What happens to an environment's stage when it fails.

CDK Pipelines does not know stage conditions, so they are written into the rendered pipeline. Only
stages that deploy get them: rolling back `Build` or an approval would mean nothing, and a rejected
approval must not disturb what runs. That is why the approval has a stage of its own.

A stack whose first creation failed cannot be updated: CREATE_UPDATE refuses it for ever, and a retry with
it. REPLACE_ON_FAILURE deletes it first, but also a stack whose update could not be rolled back, with all
it holds. So only environments whose data goes with its stack anyway have it; in others a person acts
(`pipeline/recovery.py`).
"""

from collections.abc import Sequence

from aws_cdk import aws_codepipeline as codepipeline

from stages.environment import EnvironmentStage

ROLL_BACK = {"Result": "ROLLBACK"}


def roll_back_on_failure(pipeline: codepipeline.Pipeline, environments: Sequence[EnvironmentStage]) -> None:
    """Call after the pipeline is rendered; its stages keep their order from then on."""
    rendered = pipeline.node.default_child
    if not isinstance(rendered, codepipeline.CfnPipeline):
        raise TypeError("the pipeline construct has no CfnPipeline below it")
    for index, stage in enumerate(pipeline.stages):
        if any(_belongs(stage.stage_name, environment) for environment in environments):
            rendered.add_property_override(f"Stages.{index}.OnFailure", ROLL_BACK)


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


def _belongs(stage_name: str, environment: EnvironmentStage) -> bool:
    """CDK spreads more than fifty actions over `Prod.1`, `Prod.2`, …"""
    return stage_name.partition(".")[0] == environment.stage_name
