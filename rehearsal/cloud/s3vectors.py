"""S3 Vectors."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.recorded import Recorded

ROWS = (
    Recorded(
        type_name="AWS::S3Vectors::VectorBucket",
        ref=lambda it: it.arn("s3vectors", f"bucket/{it.name('VectorBucketName', limit=63).lower()}"),
        attributes=lambda it: {"VectorBucketArn": it.id, "CreationTime": "2026-01-01T00:00:00Z"},
        reason="the S3 Vectors API is not supported",
    ),
    Recorded(
        type_name="AWS::S3Vectors::Index",
        ref=lambda it: f"{it.properties.get('VectorBucketArn', '')}/index/{it.name('IndexName', limit=63)}",
        attributes=lambda it: {"IndexArn": it.id, "CreationTime": "2026-01-01T00:00:00Z"},
        reason="the S3 Vectors API is not supported",
    ),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
