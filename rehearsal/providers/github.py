"""The Source action of GitHub with an OAuth token (version 1)."""

from dataclasses import dataclass, replace

from rehearsal.engine.ports import ActionRequest
from rehearsal.model.definition import Action
from rehearsal.model.results import ActionResult, Fidelity
from rehearsal.providers.configuration import reading
from rehearsal.providers.git_source import ZIP, fetch, timestamp
from rehearsal.providers.outcome import reported


@dataclass(frozen=True, kw_only=True)
class _Settings:
    owner: str
    name: str
    branch: str

    @property
    def repository(self) -> str:
        return f"{self.owner}/{self.name}"

    @classmethod
    def of(cls, action: Action) -> "_Settings":
        with reading(action) as values:
            values.artifacts(inputs=(0, 0), outputs=(1, 1))
            values.flag("PollForSourceChanges", default=True)
            values.required("OAuthToken")
            return cls(
                owner=values.required("Owner"),
                name=values.required("Repo"),
                branch=values.required("Branch"),
            )


class GitHub:
    fidelity = Fidelity.EMULATED

    def check(self, action: Action) -> None:
        _Settings.of(action)

    @reported
    def run(self, request: ActionRequest) -> ActionResult:
        settings = _Settings.of(request.action)
        fetched = fetch(request, repository=settings.repository, branch=settings.branch, artifact_format=ZIP)
        commit = fetched.commit
        variables = {
            "AuthorDate": timestamp(commit.author_date),
            "BranchName": settings.branch,
            "CommitId": commit.id,
            "CommitMessage": commit.message,
            "CommitterDate": timestamp(commit.committer_date),
            "CommitUrl": f"https://github.com/{settings.repository}/commit/{commit.id}",
            "RepositoryName": settings.name,
        }
        return replace(fetched.result, variables=variables)
