"""The artifact store in S3, accessed by one attempt at one action with that action's permissions.

An execution's artifacts are in the store of the pipeline's own region. An action in another region uses the
store of its region: CodePipeline itself, with the pipeline's role, copies inputs there before and outputs
back after.
"""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rehearsal.archive import unpack
from rehearsal.engine.ports import Sessions
from rehearsal.model.action_types import known
from rehearsal.model.definition import Action, ArtifactStore, Pipeline
from rehearsal.model.results import S3Object
from rehearsal.providers.configuration import ConfigurationError
from rehearsal.providers.transfer import upload
from rehearsal.sources.checkout import clone, clone_reference
from rehearsal.sources.repository import SourceError

if TYPE_CHECKING:
    import boto3

_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True, kw_only=True)
class S3Artifacts:
    """`inputs` are the execution's artifacts so far, in the pipeline's own region."""

    pipeline: Pipeline
    action: Action
    sessions: Sessions
    inputs: Mapping[str, S3Object]
    workdir: Path
    viewer: boto3.session.Session | None = None
    """The session to use instead of the action's own role."""
    _copies: dict[str, S3Object] = field(default_factory=dict)
    _outputs: dict[str, S3Object] = field(default_factory=dict)

    def fetch(self, name: str) -> Path:
        target = self.workdir / "artifacts" / f"{name}.zip"
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            pending = target.with_suffix(".part")
            found = self.location(name)
            self._session().client("s3").download_file(
                found.bucket, found.key, str(pending), ExtraArgs=_version(found)
            )
            pending.rename(target)
        return target

    def unpack(self, name: str, into: Path) -> None:
        """For actions that may use it, a clone reference is replaced by the clone."""
        artifact = self.fetch(name)
        reference = clone_reference(artifact)
        if reference is None:
            unpack(artifact, into)
        elif known(self.action.type).builds:
            clone(reference, into)
        else:
            raise SourceError(
                f"artifact {name!r} is a CODEBUILD_CLONE_REF, which only a build can use; "
                "set the source's OutputArtifactFormat to CODE_ZIP"
            )

    def store(self, name: str, zip_file: Path) -> S3Object:
        """Upload an output; returns the object in the pipeline's own region."""
        target = self._reserved(name)
        headers = _encryption(self._store(self._region))
        upload(self._session().client("s3"), zip_file, bucket=target.bucket, key=target.key, headers=headers)
        return target if self._at_home else self._copy(name, target, self.pipeline.region)

    def location(self, name: str) -> S3Object:
        """The object of an input or output in the action's own region."""
        if name in self.action.output_artifacts:
            return self._reserved(name)
        if name not in self.inputs:
            raise ConfigurationError(
                f"action {self.action.name!r} has no input artifact {name!r}; "
                f"the execution has {', '.join(sorted(self.inputs)) or 'none'}"
            )
        if self._at_home:
            return self.inputs[name]
        if name not in self._copies:
            self._copies[name] = self._copy(name, self.inputs[name], self._region)
        return self._copies[name]

    def _reserved(self, name: str) -> S3Object:
        bucket, key = self._store(self._region).bucket, artifact_key(self.pipeline.name, name)
        return self._outputs.setdefault(name, S3Object(bucket=bucket, key=key))

    def seen_by(self, session: boto3.session.Session) -> S3Artifacts:
        return replace(self, viewer=session)

    @property
    def _region(self) -> str:
        return self.action.region or self.pipeline.region

    @property
    def _at_home(self) -> bool:
        return self._store(self._region) == self._store(self.pipeline.region)

    def _session(self) -> boto3.session.Session:
        return self.viewer or self.sessions.assume(self.action.role_arn, region=self._region)

    def _store(self, region: str) -> ArtifactStore:
        store = self.pipeline.artifact_stores.get(region)
        if store is None:
            raise ConfigurationError(
                f"action {self.action.name!r} runs in {region}, where pipeline {self.pipeline.name!r} "
                f"has no artifact store; add one for {region} to artifactStores"
            )
        return store

    def _copy(self, name: str, source: S3Object, region: str) -> S3Object:
        store = self._store(region)
        key = artifact_key(self.pipeline.name, name)
        origin: Any = {"Bucket": source.bucket, "Key": source.key}
        if source.version:
            origin["VersionId"] = source.version
        self.sessions.assume(None, region=region).client("s3").copy(
            origin, store.bucket, key, ExtraArgs=_encryption(store)
        )
        return S3Object(bucket=store.bucket, key=key)


def artifact_key(pipeline: str, artifact: str) -> str:
    """In CodePipeline's format: the pipeline's and the artifact's names shortened, then random characters."""
    random = "".join(secrets.choice(_ALPHABET) for _ in range(7))
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", artifact)
    return f"{key_prefix(pipeline)}{plain[:10]}/{random}"


def key_prefix(pipeline: str) -> str:
    """The prefix of all artifact keys of a pipeline; pipelines with long names may share it."""
    return f"{pipeline[:20]}/"


def _encryption(store: ArtifactStore) -> dict[str, str]:
    """The store's key; without one, the bucket's default encryption applies."""
    if store.encryption_key is None:
        return {}
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": store.encryption_key}


def _version(found: S3Object) -> dict[str, str]:
    return {"VersionId": found.version} if found.version else {}
