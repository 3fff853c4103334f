"""`slipway retry` and `slipway stop`: retry a failed stage, or stop an execution."""

from typing import Annotated, Literal

import typer
from botocore.exceptions import ClientError

from rehearsal.cli.project import ProjectOption, project_folder, running
from rehearsal.cli.status import find_run, open_record
from rehearsal.conductor.exits import Exit
from rehearsal.conductor.problems import Problem
from rehearsal.daemon import client
from rehearsal.home import Home

Execution = Annotated[str | None, typer.Argument(help="An execution's id; default: the newest.")]


def retry(
    execution: Execution = None,
    project: ProjectOption = None,
    all_actions: Annotated[bool, typer.Option("--all", help="Run every action of the stage again.")] = False,
) -> None:
    """Retry the failed stage of an execution, by default only its failed actions."""
    home = Home.of(project_folder(project))
    session = client.session(running(home))
    run = find_run(open_record(home), execution)
    failed = next((stage for stage in run.stages if stage.status == "Failed"), None)
    if failed is None:
        raise Problem(
            f"no stage of {run.execution_id} has failed", remedy="`slipway status` shows its stages"
        )
    mode: Literal["ALL_ACTIONS", "FAILED_ACTIONS"] = "ALL_ACTIONS" if all_actions else "FAILED_ACTIONS"
    try:
        session.client("codepipeline", region_name=run.region).retry_stage_execution(
            pipelineName=run.pipeline,
            stageName=failed.name,
            pipelineExecutionId=run.execution_id,
            retryMode=mode,
        )
    except ClientError as error:
        raise _refused(error) from error
    typer.echo(f"Stage {failed.name} of {run.pipeline} is retried; watch it with `slipway logs -f`.")


def stop(
    execution: Execution = None,
    project: ProjectOption = None,
    abandon: Annotated[bool, typer.Option(help="Don't wait for running actions.")] = False,
    reason: Annotated[str, typer.Option(help="The reason to record.")] = "slipway stop",
) -> None:
    """Stop an execution."""
    home = Home.of(project_folder(project))
    session = client.session(running(home))
    run = find_run(open_record(home), execution)
    try:
        session.client("codepipeline", region_name=run.region).stop_pipeline_execution(
            pipelineName=run.pipeline, pipelineExecutionId=run.execution_id, abandon=abandon, reason=reason
        )
    except ClientError as error:
        raise _refused(error) from error
    typer.echo(
        f"{run.execution_id} of {run.pipeline} stops{'' if abandon else ' after its running actions'}."
    )


def _refused(error: ClientError) -> Problem:
    return Problem(
        error.response["Error"]["Message"],
        remedy="`slipway status` shows the state of the execution",
        exit_code=Exit.FAILED,
    )
