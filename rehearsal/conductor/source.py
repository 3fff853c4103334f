"""Publishes the project's commit to the pipeline's sources and names the revisions to run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.conductor.problems import Problem
from rehearsal.emulator.sessions import LocalSession
from rehearsal.home import Home
from rehearsal.locks import exclusive
from rehearsal.model.action_types import known, reads_an_object
from rehearsal.model.definition import Action, Pipeline
from rehearsal.model.results import SourceRevision
from rehearsal.sources.checkout import write_zip
from rehearsal.sources.origin import Origin, origin_of
from rehearsal.sources.publish import publish
from rehearsal.sources.repository import Repository, SourceError

if TYPE_CHECKING:
    from mypy_boto3_codepipeline.type_defs import SourceRevisionOverrideTypeDef

_BRANCH_OF_UPLOADS = "main"


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """The project is the first source; `others` has the folders of the others."""

    project: Path
    home: Home
    session: LocalSession
    dirty: bool
    others: Mapping[str, Path]
    say: Callable[[str], None]

    def publish(self, pipeline: Pipeline) -> "list[SourceRevisionOverrideTypeDef]":
        """Concurrent rehearsals write the same branches, so they publish one after the other."""
        with exclusive(self.home.root / "publish.lock"):
            return self._publish_all(pipeline)

    def _publish_all(self, pipeline: Pipeline) -> "list[SourceRevisionOverrideTypeDef]":
        overrides: list[SourceRevisionOverrideTypeDef] = []
        sources = [action for action in pipeline.stages[0].actions if _name(action)]
        for action in sources:
            folder = self._folder(action, sources)
            revision = self._publish(action, folder)
            self.say(f"{_name(action)} is at {revision.revision_id[:12]} {revision.summary}".rstrip())
            if revision.kind == "COMMIT_ID":
                overrides.append(
                    {
                        "actionName": action.name,
                        "revisionType": "COMMIT_ID",
                        "revisionValue": revision.revision_id,
                    }
                )
        return overrides

    def _folder(self, action: Action, sources: list[Action]) -> Path:
        name = _name(action)
        unnamed = [found for found in map(_name, sources) if found not in self.others]
        folder = self.others.get(name) or (self.project if name == unnamed[0] else None)
        if folder is None:
            raise Problem(
                f"source action {action.name!r} reads {name}, but the project is the source for {unnamed[0]}",
                remedy=f"name its folder: --source {name}=FOLDER",
            )
        return folder

    def _publish(self, action: Action, folder: Path) -> SourceRevision:
        origin = origin_of(action) or _origin_of_upload(action)
        try:
            revision = publish(folder, self.home, origin.repository, origin.branch, dirty=self.dirty)
        except SourceError as error:
            raise Problem(str(error), remedy="then run the rehearsal again") from error
        return revision if origin_of(action) else self._upload(action, origin, revision)

    def _upload(self, action: Action, origin: Origin, revision: SourceRevision) -> SourceRevision:
        """For an S3 source, upload the commit as a zip file."""
        zip_file = self.home.root / "upload.zip"
        repository = Repository.of(self.home, origin.repository)
        write_zip(repository, revision.revision_id, zip_file)
        where = action.configuration
        with zip_file.open("rb") as body:
            self.session.client("s3").put_object(
                Bucket=where["S3Bucket"], Key=where["S3ObjectKey"], Body=body
            )
        zip_file.unlink()
        return SourceRevision(
            revision_id=revision.revision_id, summary=revision.summary, kind="S3_OBJECT_VERSION_ID"
        )


def _name(action: Action) -> str:
    """The source's name for people; empty for an action without a source of theirs."""
    origin = origin_of(action)
    if origin:
        return origin.repository
    return known(action.type).target.format_map(action.configuration) if reads_an_object(action) else ""


def _origin_of_upload(action: Action) -> Origin:
    return Origin(repository=f"uploads/{action.configuration['S3Bucket']}", branch=_BRANCH_OF_UPLOADS)
