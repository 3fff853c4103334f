"""Deletes artifacts of old executions, so that the artifact stores stop growing.

CodePipeline leaves this to a lifecycle rule of the bucket, which counts days; here one day may have a hundred
executions. Artifacts of the newest executions, of running ones and of roll-back targets are kept. Only keys
in the format of artifact keys are considered, and only in artifact stores.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rehearsal.emulator.extension import Cloud
from rehearsal.home import Home
from rehearsal.model.definition import Pipeline
from rehearsal.providers.artifacts import key_prefix
from rehearsal.record.record import Record
from rehearsal.record.retention import Retained

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_s3 import S3Client

NEWEST = 20
_EVERY_SECONDS = 20.0
_AT_ONCE = 1000
_RANDOM = re.compile(r"[A-Za-z0-9._-]{1,10}/[A-Za-z0-9]{7}")
_log = logging.getLogger(__name__)


def attach(cloud: Cloud) -> None:
    def session(account: str, region: str) -> boto3.session.Session:
        return cloud.session(account=account, region=region)

    expiry = Expiry(home=cloud.home, record=Record(cloud.home.record), session=session)
    cloud.background("expiry of artifacts", expiry.run)


@dataclass(frozen=True, kw_only=True)
class Expiry:
    home: Home
    record: Record
    session: Callable[[str, str], boto3.session.Session]
    """By account and region."""

    def run(self) -> None:
        """Run while the daemon runs, after each change in the record."""
        seen = 0
        while True:
            time.sleep(_EVERY_SECONDS)
            try:
                newest = self.record.wait_for_change(seen, _EVERY_SECONDS)
                if newest > seen and self.home.endpoint() is not None:
                    self.expire()
                    seen = newest
            except Exception:  # usually a full disk, on which this thread must go on to free space
                _log.exception("Old artifacts could not be deleted; trying again later")

    def expire(self, newest: int = NEWEST) -> int:
        """Delete old artifacts; returns the number of objects without their versions."""
        alike: dict[str, list[Pipeline]] = {}
        for entry in self.record.catalogue.entries():
            alike.setdefault(key_prefix(entry.pipeline.name), []).append(entry.pipeline)
        return sum(self._of_prefix(prefix, pipelines, newest) for prefix, pipelines in alike.items())

    def _of_prefix(self, prefix: str, pipelines: list[Pipeline], newest: int) -> int:
        """The key does not contain the whole name, so all pipelines with that prefix are handled together."""
        found = (self.record.retention.artifacts(pipeline.key, newest=newest) for pipeline in pipelines)
        retained = [each for each in found if each is not None]
        if not retained:
            return 0
        since = min(each.since for each in retained)
        objects = frozenset().union(*(each.objects for each in retained))
        stores = {
            (pipeline.account, region, store.bucket)
            for pipeline in pipelines
            for region, store in pipeline.artifact_stores.items()
        }
        return sum(self._of_store(place, prefix, Retained(since=since, objects=objects)) for place in stores)

    def _of_store(self, place: tuple[str, str, str], prefix: str, retained: Retained) -> int:
        account, region, bucket = place
        s3 = self.session(account, region).client("s3")
        old = list(_old_keys(s3, bucket, prefix, retained))
        for key in old:
            _delete(s3, bucket, key)
        return len(old)


def _old_keys(s3: S3Client, bucket: str, prefix: str, retained: Retained) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", ()):
            key = item["Key"]
            is_artifact = _RANDOM.fullmatch(key.removeprefix(prefix))
            is_old = item["LastModified"].timestamp() < retained.since - 1
            if is_artifact and is_old and (bucket, key) not in retained.objects:
                yield key


def _delete(s3: S3Client, bucket: str, key: str) -> None:
    """Delete every version, because only that frees the disk space."""
    found: Any = s3.list_object_versions(Bucket=bucket, Prefix=key, MaxKeys=_AT_ONCE)
    for version in (*found.get("Versions", ()), *found.get("DeleteMarkers", ())):
        if version["Key"] == key:
            s3.delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])
    s3.delete_object(Bucket=bucket, Key=key)
