"""The Source action of CodeCommit."""

from dataclasses import dataclass, replace

from rehearsal.engine.ports import ActionRequest
from rehearsal.model.definition import Action
from rehearsal.model.results import ActionResult, Fidelity
from rehearsal.providers.configuration import reading
from rehearsal.providers.git_source import fetch, output_format, timestamp
from rehearsal.providers.outcome import reported


@dataclass(frozen=True, kw_only=True)
class _Settings:
    repository: str
    branch: str
    artifact_format: str

    @classmethod
    def of(cls, action: Action) -> "_Settings":
        with reading(action) as values:
            values.artifacts(inputs=(0, 0), outputs=(1, 1))
            values.flag("PollForSourceChanges", default=True)
            return cls(
                repository=values.required("RepositoryName"),
                branch=values.required("BranchName"),
                artifact_format=output_format(values),
            )


class CodeCommit:
    fidelity = Fidelity.EMULATED

    def check(self, action: Action) -> None:
        _Settings.of(action)

    @reported
    def run(self, request: ActionRequest) -> ActionResult:
        settings = _Settings.of(request.action)
        fetched = fetch(
            request,
            repository=settings.repository,
            branch=settings.branch,
            artifact_format=settings.artifact_format,
        )
        variables = {
            "AuthorDate": timestamp(fetched.commit.author_date),
            "BranchName": settings.branch,
            "CommitId": fetched.commit.id,
            "CommitMessage": fetched.commit.message,
            "CommitterDate": timestamp(fetched.commit.committer_date),
            "RepositoryName": settings.repository,
        }
        return replace(fetched.result, variables=variables)
