"""Delivers a build's artifacts to the pipeline or to the bucket that the project names."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.builds.buildspec.model import ArtifactSpec, Buildspec
from rehearsal.builds.handover import Handover
from rehearsal.builds.project import Output, Project
from rehearsal.builds.running.phases import PhaseError
from rehearsal.model.results import S3Object


@dataclass(frozen=True, kw_only=True)
class Label:
    """The buildspec's settings for the location of an artifact, with shell variables replaced."""

    name: str = ""
    s3_prefix: str = ""


class Delivery(Protocol):
    def outputs(self, spec: Buildspec) -> Mapping[str, ArtifactSpec]:
        """The artifacts to pack, by name; raises `PhaseError` for one that the buildspec does not define."""

    def deliver(self, name: str, archive: Path, label: Label = Label()) -> None: ...

    @property
    def stored(self) -> Mapping[str, S3Object]: ...


@dataclass(frozen=True, kw_only=True)
class PipelineDelivery:
    """The action names the outputs; one of them may be the buildspec's primary artifact."""

    handover: Handover
    session: boto3.session.Session
    stored: dict[str, S3Object] = field(default_factory=dict)

    def outputs(self, spec: Buildspec) -> Mapping[str, ArtifactSpec]:
        found = {name: spec.secondary_artifacts.get(name) for name in self.handover.outputs}
        unnamed = [name for name, artifact in found.items() if artifact is None]
        if len(unnamed) == 1 and spec.artifacts:
            found[unnamed.pop()] = spec.artifacts
        if unnamed:
            raise PhaseError(
                "CLIENT_ERROR",
                f"the buildspec does not say what output artifact {unnamed[0]} holds; add "
                + (f"artifacts.secondary-artifacts.{unnamed[0]}" if len(found) > 1 else "`artifacts`"),
            )
        return {name: artifact for name, artifact in found.items() if artifact}

    def deliver(self, name: str, archive: Path, label: Label = Label()) -> None:  # noqa: ARG002
        """The label is ignored: only the pipeline names its artifacts."""
        try:
            self.stored[name] = self.handover.artifacts.seen_by(self.session).store(name, archive)
        except (ClientError, BotoCoreError, boto3.exceptions.S3UploadFailedError) as error:
            raise PhaseError(
                "CLIENT_ERROR", f"output artifact {name} could not be stored: {error}"
            ) from error


@dataclass(frozen=True, kw_only=True)
class ProjectDelivery:
    """For a build outside a pipeline: artifacts of type S3, as one zip or as single files."""

    project: Project
    session: boto3.session.Session
    build_uuid: str
    stored: dict[str, S3Object] = field(default_factory=dict)

    def outputs(self, spec: Buildspec) -> Mapping[str, ArtifactSpec]:
        specs = {"": spec.artifacts, **spec.secondary_artifacts}
        wanted = [output for output in self.project.outputs if output.type == "S3"]
        missing = [output.identifier for output in wanted if not specs.get(output.identifier)]
        if missing:
            raise PhaseError(
                "CLIENT_ERROR", f"the buildspec declares no artifact {missing[0] or '(primary)'}"
            )
        return {output.identifier: found for output in wanted if (found := specs[output.identifier])}

    def deliver(self, name: str, archive: Path, label: Label = Label()) -> None:
        output = next(it for it in self.project.outputs if it.type == "S3" and it.identifier == name)
        try:
            self.stored[name] = self._upload(output, archive, label)
        except (ClientError, BotoCoreError, boto3.exceptions.S3UploadFailedError) as error:
            raise PhaseError("CLIENT_ERROR", f"artifact could not be stored: {error}") from error

    def _upload(self, output: Output, archive: Path, label: Label) -> S3Object:
        client: Any = self.session.client("s3")
        key = self._key(output, label)
        if output.zipped:
            key = key if key.endswith(".zip") else f"{key}.zip"
            client.upload_file(str(archive), output.bucket, key)
        else:
            with zipfile.ZipFile(archive) as members:
                for member in members.infolist():
                    body = members.read(member)
                    client.put_object(Bucket=output.bucket, Key=f"{key}/{member.filename}", Body=body)
        return S3Object(bucket=output.bucket, key=key)

    def _key(self, output: Output, label: Label) -> str:
        """A prefix includes the build's id; the buildspec's name applies only if the project allows that."""
        name = (label.name if output.override_name else "") or output.name or self.project.name
        under = (label.s3_prefix, output.path, self.build_uuid) if output.with_build_id else (output.path,)
        return "/".join(filter(None, (part.strip("/") for part in (*under, name))))
