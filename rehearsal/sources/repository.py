"""One bare repository for each hosted one: `acme/demo` is `.slipway/git/acme/demo.git`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rehearsal.home import Home
from rehearsal.model.results import SourceRevision
from rehearsal.sources.git import GitError, git, succeeds

_END_OF_9999 = 253_402_300_799
_SEGMENT = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]+")

MARK = "slipway.source"
"""A setting by which a bare repository of a rehearsal is recognised."""

_SETTINGS = {
    MARK: "true",
    "receive.advertisePushOptions": "true",
    "receive.denyNonFastForwards": "false",
    "receive.shallowUpdate": "true",  # shallow clones, as on build machines, may push too
    "uploadpack.allowAnySHA1InWant": "true",
    "gc.auto": "0",  # keep commits of executions that are on no branch any more
}


class SourceError(Exception):
    """A source cannot be read; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Commit:
    id: str
    message: str
    author: str
    author_date: datetime
    committer_date: datetime

    @property
    def summary(self) -> str:
        return self.message.partition("\n")[0]

    @property
    def revision(self) -> SourceRevision:
        return SourceRevision(revision_id=self.id, summary=self.summary)


@dataclass(frozen=True, kw_only=True)
class Repository:
    """`name` is the pipeline's name for it: a FullRepositoryId or a CodeCommit repository's name."""

    name: str
    path: Path

    @classmethod
    def of(cls, home: Home, name: str) -> "Repository":
        if not all(map(_SEGMENT.fullmatch, name.split("/"))):
            raise SourceError(
                f"repository {name!r} is not a name like 'owner/name'; correct it in the pipeline"
            )
        return cls(name=name, path=home.git / f"{name}.git")

    @property
    def exists(self) -> bool:
        return (self.path / "HEAD").is_file()

    def create(self, *, branch: str) -> None:
        """Create the repository, or repair the settings of an existing one."""
        if not self.exists:
            self.path.mkdir(parents=True, exist_ok=True)
            git("init", "--quiet", "--bare", f"--initial-branch={branch}", ".", folder=self.path)
        for key, value in self._settings():
            git("config", key, value, folder=self.path)

    def branch_head(self, branch: str) -> Commit:
        """The newest commit of a branch."""
        if not self.exists:
            raise SourceError(
                f"nothing was pushed to {self.name} yet; run `slipway up` in your repository, "
                f"then `git push slipway {branch}`"
            )
        try:
            return self.commit(f"refs/heads/{branch}")
        except GitError:
            raise SourceError(
                f"{self.name} has no branch {branch!r} yet; run `git push slipway HEAD:{branch}`"
            ) from None

    def commit(self, reference: str) -> Commit:
        """The commit of an id, a branch or a tag; raises `GitError` if there is none."""
        shown = git(
            "log", "--no-walk", "--format=%H%x00%an%x00%at%x00%ct%x00%B",
            "--end-of-options", f"{reference}^{{commit}}", "--",
            folder=self.path,
        )  # fmt: skip
        commit_id, author, authored, committed, message = shown.split("\0", 4)
        return Commit(
            id=commit_id,
            message=message.strip(),
            author=author,
            author_date=_date(int(authored)),
            committer_date=_date(int(committed)),
        )

    def has_head(self, branch: str, commit_id: str) -> bool:
        """Whether this commit is the head of the branch."""
        try:
            return self.commit(f"refs/heads/{branch}").id == commit_id
        except GitError:
            return False

    def has_commit(self, object_id: str) -> bool:
        """False for a tag of a tree or of a file, which git accepts too."""
        return succeeds("cat-file", "-e", f"{object_id}^{{commit}}", folder=self.path)

    def changed_paths(self, before: str, after: str) -> tuple[str, ...]:
        """Paths that differ between two commits; every path if `before` is empty."""
        if self.has_commit(before):
            listed = git("diff", "--name-only", "--no-renames", "-z", before, after, folder=self.path)
        else:
            listed = git("ls-tree", "-r", "--name-only", "-z", after, folder=self.path)
        return tuple(path for path in listed.split("\0") if path)

    def _settings(self) -> tuple[tuple[str, str], ...]:
        # Without this, a hooksPath in the person's git settings would override this repository's hooks.
        return (*_SETTINGS.items(), ("core.hooksPath", str(self.path / "hooks")))


def _date(seconds: int) -> datetime:
    """Git accepts dates that Python cannot represent; they become Python's last date."""
    return datetime.fromtimestamp(min(seconds, _END_OF_9999), UTC)
