"""CloudFront: public keys for signed URLs."""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.known import uuid_of
from rehearsal.emulator.resource_types.recorded import row

_NO_SIGNING = "signed URLs are not checked"


ROWS = (
    row(
        "AWS::CloudFront::PublicKey",
        lambda it: f"K{it.unique.upper()}",
        _NO_SIGNING,
        lambda it: {"Id": it.id, "CreatedTime": "2026-01-01T00:00:00Z"},
    ),
    row(
        "AWS::CloudFront::KeyGroup",
        uuid_of,
        _NO_SIGNING,
        lambda it: {"Id": it.id, "LastModifiedTime": "2026-01-01T00:00:00Z"},
    ),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
