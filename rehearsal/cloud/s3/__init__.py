"""S3: buckets of other accounts, versions of objects, websites."""

from rehearsal.cloud.s3 import (
    foreign_buckets,
    object_versions,
    websites,
)
from rehearsal.emulator.extension import Cloud


def attach(cloud: Cloud) -> None:
    foreign_buckets.apply(cloud)
    object_versions.apply(cloud)
    websites.apply(cloud)
