"""Versions of an object: every one readable, before and after a restart, and none kept in memory."""

import os
from pathlib import Path
from typing import Any

from rehearsal.daemon import client
from rehearsal.home import Endpoint, Home

BUCKET, KEY = "versioned", "folder/of everything"
VERSIONS, MEGABYTE = 40, 1024 * 1024


def s3_of(endpoint: Endpoint) -> Any:
    return client.session(endpoint).client("s3")


def memory(endpoint: Endpoint) -> int:
    status = Path(f"/proc/{endpoint.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))) * 1024


def body(s3: Any, **version: str) -> bytes:
    content: bytes = s3.get_object(Bucket=BUCKET, Key=KEY, **version)["Body"].read()
    return content


def test_every_version_is_readable_and_none_stays_in_memory(tmp_path: Path) -> None:
    home = Home(tmp_path / ".slipway")
    endpoint = client.start(home, account="111122223333", region="eu-west-1")
    try:
        s3 = s3_of(endpoint)
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"before versions")
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        before = memory(endpoint)
        written = {}
        for _ in range(VERSIONS):
            content = os.urandom(MEGABYTE)
            written[s3.put_object(Bucket=BUCKET, Key=KEY, Body=content)["VersionId"]] = content
        assert memory(endpoint) - before < VERSIONS * MEGABYTE / 2
        assert {version: body(s3, VersionId=version) for version in written} == written
        assert body(s3, VersionId="null") == b"before versions"
        s3.delete_object(Bucket=BUCKET, Key=KEY)
        newest = list(written)[-1]
        s3.delete_object(Bucket=BUCKET, Key=KEY, VersionId=newest)
        del written[newest]
        client.stop(home)
        s3 = s3_of(client.start(home, account="111122223333", region="eu-west-1"))
        assert {version: body(s3, VersionId=version) for version in written} == written
        assert body(s3, VersionId="null") == b"before versions"
        marker = s3.list_object_versions(Bucket=BUCKET)["DeleteMarkers"][0]["VersionId"]
        s3.delete_object(Bucket=BUCKET, Key=KEY, VersionId=marker)
        assert body(s3) == list(written.values())[-1]
    finally:
        client.stop(home)
