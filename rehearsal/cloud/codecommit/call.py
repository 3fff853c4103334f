"""One authorised call of CodeCommit, with helpers that all operations use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.cloud.codecommit.catalogue import Catalogue
from rehearsal.emulator.extension import ServiceError
from rehearsal.sources.git import GitError, git
from rehearsal.sources.repository import Repository

Answer = Mapping[str, Any]
Pushed = Callable[[Repository, str, str, str], None]
"""Called with the repository, the branch, and its head before and after."""

NO_COMMIT = "0" * 40
FILE_MODES = {"NORMAL": "100644", "EXECUTABLE": "100755", "SYMLINK": "120000"}
"""CodeCommit's change types by git's."""

_PAGE = 100
_LONGEST_PATH = 4096


@dataclass(frozen=True, kw_only=True)
class Call:
    payload: Mapping[str, Any]
    catalogue: Catalogue
    pushed: Pushed

    @property
    def name(self) -> str:
        return str(self.payload["repositoryName"])

    def repository(self) -> Repository:
        return self.catalogue.repository(self.name)

    def branch(self, member: str = "branchName") -> str:
        """The request's branch; raises InvalidBranchNameException for a name that git refuses."""
        if not (name := str(self.payload.get(member) or "")):
            raise ServiceError("BranchNameRequiredException", "A branch name is required")
        try:
            git("check-ref-format", "--branch", name, folder=self.catalogue.home.root)
        except GitError as error:
            raise ServiceError("InvalidBranchNameException", f"{name!r} is not a branch name") from error
        return name

    def page(self, items: list[Any]) -> tuple[list[Any], dict[str, str]]:
        """CodeCommit's page size is fixed; callers cannot choose it."""
        token = self.payload.get("nextToken") or "0"
        if not token.isdecimal():
            raise ServiceError("InvalidContinuationTokenException", "the nextToken is not one of ours")
        end = int(token) + _PAGE
        more = {"nextToken": str(end)} if end < len(items) else {}
        return items[int(token) : end], more


def head_of(repository: Repository, branch: str) -> str:
    """Empty if the branch does not exist."""
    try:
        return git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", folder=repository.path)
    except GitError:
        return ""


def default_branch(repository: Repository) -> str:
    """Empty while it has no commit, as in CodeCommit."""
    named = git("symbolic-ref", "--short", "HEAD", folder=repository.path)
    return named if head_of(repository, named) else ""


def checked_path(text: str) -> str:
    """A file's path in the repository, never in `.git`."""
    parts = text.removeprefix("/").split("/")
    odd = any(part in ("", ".", "..") or part.lower() == ".git" for part in parts)
    if odd or len(text.encode()) > _LONGEST_PATH or any(ord(character) < 32 for character in text):
        raise ServiceError("InvalidPathException", f"{text[:200]!r} is not a path in a repository")
    return "/".join(parts)


def file_mode(of_git: str) -> str:
    return next((name for name, mode in FILE_MODES.items() if mode == of_git), "NORMAL")
