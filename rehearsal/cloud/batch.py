"""AWS Batch: queues and jobs; no job runs."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.known import also
from rehearsal.emulator.resource_types.recorded import Recorded, row

_NO_BATCH = "no job is ever run"


def _batch(kind: str, name: str, attribute: str) -> Recorded:
    return row(
        f"AWS::Batch::{kind}",
        lambda it: it.arn("batch", f"{name}/{it.name(f'{kind}Name', limit=128)}"),
        _NO_BATCH,
        also(attribute),
    )


ROWS = (
    _batch("ComputeEnvironment", "compute-environment", "ComputeEnvironmentArn"),
    _batch("JobQueue", "job-queue", "JobQueueArn"),
    row(
        "AWS::Batch::JobDefinition",
        lambda it: it.arn("batch", f"job-definition/{it.name('JobDefinitionName', limit=128)}:1"),
        _NO_BATCH,
        also("JobDefinitionArn"),
    ),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
