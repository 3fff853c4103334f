"""Publishes a project's state as a commit for its rehearsed pipeline, without starting an execution."""

from pathlib import Path

from rehearsal.home import Home
from rehearsal.model.results import SourceRevision
from rehearsal.sources.dirty import commit_folder, commit_working_tree
from rehearsal.sources.git import git, succeeds
from rehearsal.sources.hook import NO_START
from rehearsal.sources.remote import in_work_tree, serve
from rehearsal.sources.repository import Repository, SourceError


def publish(project: Path, home: Home, repository: str, branch: str, *, dirty: bool) -> SourceRevision:
    """Set `branch` of `repository` to the project's HEAD, or with `dirty` to its files as they are.

    A folder that is no git repository is always published as it is. The summary says which was done.
    """
    target = serve(home, repository, branch=branch)
    if not in_work_tree(project):
        return _publish_folder(project, target, branch)
    commit = commit_working_tree(project) if dirty else _head(project)
    _push(project, commit, target, branch)
    summary = target.commit(commit).summary
    changed = uncommitted(project)
    if dirty and changed:
        summary = f"working tree with {changed} uncommitted change{'s' * (changed > 1)}"
    return SourceRevision(revision_id=commit, summary=summary)


def uncommitted(project: Path) -> int:
    """The number of files that differ from HEAD; 0 for a folder that is no repository."""
    if not in_work_tree(project):
        return 0
    listed = git("status", "--porcelain", "--untracked-files=all", folder=project).splitlines()
    return sum(".slipway/" not in line for line in listed)


def _publish_folder(project: Path, target: Repository, branch: str) -> SourceRevision:
    commit = commit_folder(project, into=target.path, branch=branch)
    git("update-ref", f"refs/heads/{branch}", commit, folder=target.path)
    return SourceRevision(
        revision_id=commit, summary=f"snapshot of the folder {project.name}, which is no git repository"
    )


def _head(project: Path) -> str:
    if not succeeds("rev-parse", "--verify", "--quiet", "HEAD", folder=project):
        raise SourceError(f"{project} has no commit yet: commit something, or rehearse it with --dirty")
    return git("rev-parse", "HEAD", folder=project)


def _push(project: Path, commit: str, target: Repository, branch: str) -> None:
    if target.has_head(branch, commit):
        return  # with push options, git sometimes fails with a broken pipe if there is nothing to push
    git(
        "push", "--quiet", "--force", "--no-verify", "--no-signed", "--recurse-submodules=no",
        f"--push-option={NO_START}",
        target.path, f"{commit}:refs/heads/{branch}",
        folder=project,
    )  # fmt: skip
