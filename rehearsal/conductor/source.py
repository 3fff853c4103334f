"""Put the project's commit where the pipeline's source actions look for it, and name the revisions to run."""

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rehearsal.cli.problems import Problem
from rehearsal.cloud.sessions import LocalSession
from rehearsal.engine.ports import SourceRevision
from rehearsal.home import Home
from rehearsal.sources.publish import publish

if TYPE_CHECKING:
    from mypy_boto3_codepipeline.type_defs import SourceRevisionOverrideTypeDef

_REPOSITORY: dict[str, Callable[[Mapping[str, str]], tuple[str, str]]] = {
    "CodeStarSourceConnection": lambda c: (c["FullRepositoryId"], c["BranchName"]),
    "CodeCommit": lambda c: (c["RepositoryName"], c["BranchName"]),
    "GitHub": lambda c: (f"{c['Owner']}/{c['Repo']}", c["Branch"]),
}


def publish_sources(
    definition: Mapping[str, Any],
    *,
    project: Path,
    home: Home,
    session: LocalSession,
    dirty: bool,
    others: Mapping[str, Path],
    say: Callable[[str], None],
) -> "list[SourceRevisionOverrideTypeDef]":
    """Publish every source of the pipeline; `others` names the folder of each that is not the project.

    The project stands for the first git source. A pipeline that reads several repositories needs a
    folder for each, since what they hold decides the run.
    """
    overrides: list[SourceRevisionOverrideTypeDef] = []
    project_is = _project_source(definition, others)
    for action in _sources(definition):
        name = _source_name(action)
        folder = others.get(name) or (project if name == project_is else None)
        if folder is None:
            raise Problem(
                f"source action {action['name']!r} reads {name}, and the project stands for {project_is}",
                remedy=f"name its folder: --source {name}=FOLDER",
            )
        revision = _publish(action, folder=folder, home=home, session=session, dirty=dirty)
        say(f"{name} is at {revision.revision_id[:12]} {revision.summary}".rstrip())
        if revision.kind == "COMMIT_ID":
            overrides.append(
                {
                    "actionName": action["name"],
                    "revisionType": "COMMIT_ID",
                    "revisionValue": revision.revision_id,
                }
            )
    return overrides


def _sources(definition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for stage in definition["stages"]:
        for action in stage["actions"]:
            if action["actionTypeId"]["category"] == "Source":
                yield action


def _project_source(definition: Mapping[str, Any], others: Mapping[str, Path]) -> str:
    names = [name for name in map(_source_name, _sources(definition)) if name not in others]
    return names[0] if names else ""


def _source_name(action: Mapping[str, Any]) -> str:
    provider, configuration = action["actionTypeId"]["provider"], action["configuration"]
    if provider in _REPOSITORY:
        return _REPOSITORY[provider](configuration)[0]
    if provider == "S3":
        return f"s3://{configuration['S3Bucket']}/{configuration['S3ObjectKey']}"
    return str(action["name"])


def _publish(
    action: Mapping[str, Any], *, folder: Path, home: Home, session: LocalSession, dirty: bool
) -> SourceRevision:
    provider, configuration = action["actionTypeId"]["provider"], action["configuration"]
    if provider in _REPOSITORY:
        repository, branch = _REPOSITORY[provider](configuration)
        return publish(folder, home, repository, branch, dirty=dirty)
    if provider == "S3":
        return _upload(folder, configuration["S3Bucket"], configuration["S3ObjectKey"], session)
    return SourceRevision(revision_id="newest", kind="NONE")


def _upload(folder: Path, bucket: str, key: str, session: LocalSession) -> SourceRevision:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not {".git", ".slipway", "node_modules", ".venv"} & set(path.parts):
                archive.write(path, path.relative_to(folder))
    stored = session.client("s3").put_object(Bucket=bucket, Key=key, Body=body.getvalue())
    return SourceRevision(revision_id=stored.get("VersionId", "null"), kind="S3_OBJECT_VERSION_ID")
