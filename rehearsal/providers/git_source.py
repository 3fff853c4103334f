"""Shared by the three git sources: stores a commit of a local repository as the source artifact."""

from dataclasses import dataclass
from datetime import UTC, datetime

from rehearsal.engine.ports import ActionRequest
from rehearsal.model.results import ActionResult, Fidelity, Gap
from rehearsal.providers.configuration import Values
from rehearsal.sources.checkout import gaps_of, write_clone_reference, write_zip
from rehearsal.sources.git import GitError
from rehearsal.sources.project import adopt
from rehearsal.sources.repository import Commit, Repository, SourceError

ZIP, CLONE_REFERENCE = "CODE_ZIP", "CODEBUILD_CLONE_REF"


@dataclass(frozen=True, kw_only=True)
class Fetched:
    commit: Commit
    result: ActionResult


def output_format(values: Values) -> str:
    return values.choice("OutputArtifactFormat", (ZIP, CLONE_REFERENCE), default=ZIP)


def fetch(request: ActionRequest, *, repository: str, branch: str, artifact_format: str) -> Fetched:
    """Store the commit as the action's output; the caller adds the provider's variables to `result`."""
    if request.home is None:
        raise SourceError("internal error: this source action has no home folder with repositories")
    origin = adopt(request.home, repository)
    commit = _commit(request, origin, branch)
    request.log(f"{repository} at {commit.id[:12]}: {commit.summary}")
    target = request.workdir / "source.zip"
    write = write_clone_reference if artifact_format == CLONE_REFERENCE else write_zip
    write(origin, commit.id, target)
    [output] = request.action.output_artifacts
    return Fetched(
        commit=commit,
        result=ActionResult(
            output_artifacts={output: request.artifacts.store(output, target)},
            external_id=commit.id,
            summary=commit.summary,
            revision=commit.revision,
            fidelity=Fidelity.EMULATED,
            gaps=(_stand_in(repository), *gaps_of(origin, commit.id)),
        ),
    )


def timestamp(date: datetime) -> str:
    return date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _commit(request: ActionRequest, origin: Repository, branch: str) -> Commit:
    if request.revision is None:
        return origin.branch_head(branch)
    try:
        return origin.commit(request.revision.revision_id)
    except GitError:
        raise SourceError(
            f"{origin.name} has no commit {request.revision.revision_id}; push it with `git push slipway`"
        ) from None


def _stand_in(repository: str) -> Gap:
    return Gap(
        subject=f"source {repository}",
        fidelity=Fidelity.EMULATED,
        reason="served from this machine's copy; the hosted repository, its connection and its "
        "permissions are not used",
    )
