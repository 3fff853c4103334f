"""Generates `handler_permissions.json.gz` from CloudFormation's public resource schemas.

    python -m rehearsal.cloud.cloudformation.permissions.renew CloudformationSchema.zip

The archive is what AWS documents as "CloudFormation resource provider schemas", one JSON file for each type.
Review the changes before committing: `requirements` recognises the main call of a type by its name.
"""

import gzip
import json
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rehearsal.cloud.cloudformation.permissions.catalogue import FILE

_KEPT = ("create", "read", "update", "delete")


def renewed(archive: Path) -> bytes:
    with zipfile.ZipFile(archive) as opened:
        schemas = [json.loads(opened.read(name)) for name in opened.namelist() if name.endswith(".json")]
    return packed({schema["typeName"]: _operations(schema) for schema in schemas})


def packed(permissions: Mapping[str, Mapping[str, Sequence[str]]]) -> bytes:
    """Compress without a timestamp, so that the same permissions always give the same bytes."""
    text = json.dumps(permissions, sort_keys=True, separators=(",", ":"))
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


def _operations(schema: Mapping[str, Any]) -> dict[str, list[str]]:
    handlers = schema.get("handlers", {})
    return {name: sorted(set(handlers[name].get("permissions", ()))) for name in _KEPT if name in handlers}


if __name__ == "__main__":
    FILE.write_bytes(renewed(Path(sys.argv[1])))
