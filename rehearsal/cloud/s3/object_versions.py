"""Keeps the contents of S3 object versions on disk only, like those of unversioned objects.

ministack also kept every version of every object in memory until the daemon ended. For a versioned bucket of
CDK assets, that was everything ever published.
"""

from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard


def apply(_cloud: Cloud) -> None:
    guard = Guard("object versions on disk")
    s3 = guard.module("ministack.services.s3")
    native = guard.function(s3, "_version_entry_from_record", ("obj", "version_id", "data"))
    guard.function(s3, "_version_body", ("bucket", "bucket_name", "key", "v"))
    guard.that(guard.attribute(s3, "S3_PERSIST"), "it keeps no objects on disk although S3_PERSIST=1")

    def entry(obj: dict[str, Any], version_id: str, _data: bytes | None) -> Any:
        return native(obj, version_id, None)

    s3._version_entry_from_record = entry
