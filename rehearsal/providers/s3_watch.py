"""Starts pipelines when the object of their S3 source has a new version.

CodePipeline polls about once a minute, or an EventBridge rule starts it for CloudTrail's event of the upload.
Here both are one check every two seconds of the polled sources and of the sources of pipelines that a rule
targets. The version at the first check starts nothing, because the creation of the pipeline has started an
execution with it.
"""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.emulator.extension import Cloud
from rehearsal.model.action_types import reads_an_object
from rehearsal.model.definition import Action, Pipeline
from rehearsal.providers.s3_source import S3Settings
from rehearsal.record.record import Record
from rehearsal.sources.cause import EVENT, POLL, Cause

_EVERY_SECONDS = 2.0
_log = logging.getLogger("rehearsal.providers.s3_watch")


def attach(cloud: Cloud) -> None:
    watch = S3Watch(cloud=cloud, record=Record(cloud.home.record))
    cloud.background("S3 sources", watch.run)


@dataclass(frozen=True, kw_only=True)
class Watched:
    pipeline: Pipeline
    action: Action
    settings: S3Settings

    @property
    def name(self) -> tuple[str, ...]:
        key = self.pipeline.key
        return (key.account, key.region, key.name, self.settings.bucket, self.settings.key)


@dataclass(frozen=True, kw_only=True)
class S3Watch:
    cloud: Cloud
    record: Record
    seen: dict[tuple[str, ...], str] = field(default_factory=dict)

    def run(self) -> None:
        while True:
            if self.cloud.home.endpoint():
                self.look()
            time.sleep(_EVERY_SECONDS)

    def look(self) -> None:
        """Check every source once; an error in one does not prevent checking the others."""
        for watched in self._watched():
            try:
                self._compare(watched)
            except (BotoCoreError, ClientError):
                _log.exception("could not check the source of %s", watched.pipeline.name)

    def _watched(self) -> Iterator[Watched]:
        for entry in self.record.catalogue.entries():
            for action in entry.pipeline.stages[0].actions:
                if reads_an_object(action):
                    yield Watched(pipeline=entry.pipeline, action=action, settings=S3Settings.of(action))

    def _compare(self, watched: Watched) -> None:
        version = self._version(watched)
        before = self.seen.get(watched.name)
        if version is None or version == before:
            return
        self.seen[watched.name] = version
        if before is not None and (cause := self._cause(watched)):
            self._start(watched, version, cause)

    def _version(self, watched: Watched) -> str | None:
        try:
            found = (
                self._session(watched)
                .client("s3")
                .head_object(Bucket=watched.settings.bucket, Key=watched.settings.key)
            )
        except ClientError as error:
            if error.response["Error"].get("Code") not in ("404", "NoSuchKey", "NoSuchBucket"):
                raise
            return ""
        version = found.get("VersionId", "null")
        return None if version == "null" else version

    def _cause(self, watched: Watched) -> str | None:
        if watched.settings.polled:
            return POLL
        events = self._session(watched).client("events")
        rules = events.list_rule_names_by_target(TargetArn=watched.pipeline.arn)["RuleNames"]
        return EVENT if rules else None

    def _session(self, watched: Watched) -> boto3.session.Session:
        return self.cloud.session(account=watched.pipeline.account, region=watched.pipeline.region)

    def _start(self, watched: Watched, version: str, cause: str) -> None:
        detail = f"s3://{watched.settings.bucket}/{watched.settings.key}"
        self._session(watched).client("codepipeline").start_pipeline_execution(
            name=watched.pipeline.name,
            clientRequestToken=Cause(cause=cause, detail=detail).token(),
            sourceRevisions=[
                {
                    "actionName": watched.action.name,
                    "revisionType": "S3_OBJECT_VERSION_ID",
                    "revisionValue": version,
                }
            ],
        )
