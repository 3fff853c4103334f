"""Downloads a build's sources: a pipeline's artifacts, S3 objects, or the rehearsal's git repositories."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from rehearsal.archive import ArchiveError, checked_path, open_zip, unpack
from rehearsal.builds.files.workspace import Workspace
from rehearsal.builds.handover import Handover
from rehearsal.builds.project import Project, Source
from rehearsal.builds.running.phases import PhaseError
from rehearsal.home import Home
from rehearsal.sources.checkout import CloneReference, clone, clone_reference
from rehearsal.sources.git import GitError
from rehearsal.sources.repository import Repository, SourceError

_HOSTED = re.compile(r"(?:https?://|git@|ssh://git@)[^/:]+[/:](?:v1/repos/)?(?P<name>.+?)(?:\.git)?/?")
_GIT_TYPES = ("CODECOMMIT", "GITHUB", "GITHUB_ENTERPRISE", "BITBUCKET", "GITLAB", "GITLAB_SELF_MANAGED")
_EXPECTED = (ClientError, SourceError, GitError, ArchiveError)


@dataclass(frozen=True, kw_only=True)
class Sources:
    """`secondary` maps the suffix of `CODEBUILD_SRC_DIR_` to the folder of that source."""

    secondary: Mapping[str, Path]
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class Fetcher:
    workspace: Workspace
    session: boto3.session.Session
    home: Home

    def of_pipeline(self, handover: Handover) -> Sources:
        artifacts = handover.artifacts.seen_by(self.session)
        try:
            for name in handover.inputs:
                primary = name == handover.primary
                target = self.workspace.source if primary else self.workspace.input(name)
                artifacts.unpack(name, target)
        except _EXPECTED as error:
            raise PhaseError(
                "CLIENT_ERROR", f"input artifact {name} could not be downloaded: {error}"
            ) from error
        others = [name for name in handover.inputs if name != handover.primary]
        return Sources(
            secondary={name: self.workspace.input(name) for name in others},
            version=_commit_of(artifacts.fetch(handover.primary)),
        )

    def of_project(self, project: Project) -> Sources:
        version = self._fetch(project.source, self.workspace.source)
        secondary = {
            item.identifier: self.workspace.input(item.identifier) for item in project.secondary_sources
        }
        for item in project.secondary_sources:
            self._fetch(item, secondary[item.identifier])
        return Sources(secondary=secondary, version=version)

    def _fetch(self, source: Source, into: Path) -> str:
        try:
            if source.type == "S3":
                return self._from_s3(source, into)
            if source.type in _GIT_TYPES:
                return self._from_git(source, into)
        except _EXPECTED as error:
            raise PhaseError("CLIENT_ERROR", f"source {source.location}: {error}") from error
        return ""

    def _from_s3(self, source: Source, into: Path) -> str:
        bucket, _, key = re.sub(r"^arn:aws[\w-]*:s3:::", "", source.location).partition("/")
        client = self.session.client("s3")
        if key.endswith("/") or not key:
            _download_folder(client, bucket, key, into)
            return ""
        target = self.workspace.scratch / "source.zip"
        extra = {"VersionId": source.version} if source.version else {}
        found = client.get_object(Bucket=bucket, Key=key, **extra)  # type: ignore[arg-type]
        with target.open("wb") as file:
            for chunk in found["Body"].iter_chunks(1 << 20):
                file.write(chunk)
        unpack(target, into)
        return str(found.get("VersionId") or found["ETag"].strip('"'))

    def _from_git(self, source: Source, into: Path) -> str:
        match = _HOSTED.fullmatch(source.location)
        name = match["name"] if match else source.location
        repository = Repository.of(self.home, name)
        version = source.version.removeprefix("refs/heads/") or "main"
        commit = (
            repository.commit(version)
            if re.fullmatch(r"[0-9a-f]{7,40}", version) and repository.exists
            else repository.branch_head(version)
        )
        clone(CloneReference(repository=name, path=str(repository.path), commit=commit.id), into)
        return commit.id


def _commit_of(artifact: Path) -> str:
    """The commit of a source artifact, which git writes into the zip file's comment."""
    if reference := clone_reference(artifact):
        return reference.commit
    with open_zip(artifact) as archive:
        comment = archive.comment.decode("latin-1")
    return comment if re.fullmatch(r"[0-9a-f]{40}", comment) else ""


def _download_folder(client: Any, bucket: str, prefix: str, into: Path) -> None:
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", ()):
            name = item["Key"].removeprefix(prefix)
            target = into.joinpath(*checked_path(name, "object"))
            if name and not name.endswith("/"):
                _make_folder(target.parent, name)
                client.download_file(bucket, item["Key"], str(target))


def _make_folder(folder: Path, name: str) -> None:
    """Create an object's folder. S3 can hold both `a` and `a/b`; on disk `a` is a file or a folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise ArchiveError(f"object {name!r} needs a folder where another object is a file") from error
