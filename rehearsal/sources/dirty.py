"""Commits a folder as it is, changed and new files included, without changing the person's repository.

The files are added to a separate index, which starts as a copy of the person's (so that unchanged files are
not read again), written as a tree, and committed with the date of the parent: the same files always give the
same commit. No branch, index or stash of the person's is changed; git removes the unreferenced objects in
time.
"""

import shutil
import tempfile
from pathlib import Path

from rehearsal.sources.git import IDENTITY, git, succeeds

_EPOCH = "2000-01-01T00:00:00Z"
_OURS = ":(exclude,top,glob)**/.slipway/**"


def commit_working_tree(worktree: Path) -> str:
    """The id of a commit of everything in the working tree that git does not ignore.

    If nothing differs from HEAD, it is HEAD itself.
    """
    has_head = succeeds("rev-parse", "--verify", "--quiet", "HEAD", folder=worktree)
    tree = _tree_of(worktree)
    if has_head and tree == git("rev-parse", "HEAD^{tree}", folder=worktree):
        return git("rev-parse", "HEAD", folder=worktree)
    return _commit(tree, folder=worktree, parent="HEAD" if has_head else None, message="Working tree")


def commit_folder(folder: Path, *, into: Path, branch: str) -> str:
    """The id of a commit of a folder that is no repository, created in the bare repository `into`."""
    with tempfile.TemporaryDirectory() as scratch:
        environment = {
            "GIT_DIR": str(into),
            "GIT_WORK_TREE": str(folder),
            "GIT_INDEX_FILE": f"{scratch}/index",
        }
        git("add", "--all", "--", ".", _OURS, folder=folder, environment=environment)
        tree = git("write-tree", folder=folder, environment=environment)
    tip = f"refs/heads/{branch}"
    if not succeeds("rev-parse", "--verify", "--quiet", tip, folder=into):
        return _commit(tree, folder=into, parent=None, message=f"Snapshot of {folder.name}")
    if tree == git("rev-parse", f"{tip}^{{tree}}", folder=into):
        return git("rev-parse", tip, folder=into)
    return _commit(tree, folder=into, parent=tip, message=f"Snapshot of {folder.name}")


def _tree_of(worktree: Path) -> str:
    top = Path(git("rev-parse", "--show-toplevel", folder=worktree))
    index = top / git("rev-parse", "--git-path", "index", folder=top)
    with tempfile.TemporaryDirectory() as scratch:
        ours = Path(scratch) / "index"
        if index.exists():
            shutil.copy2(index, ours)
        environment = {"GIT_INDEX_FILE": str(ours)}
        git("add", "--all", "--", ".", _OURS, folder=top, environment=environment)
        return git("write-tree", folder=top, environment=environment)


def _commit(tree: str, *, folder: Path, parent: str | None, message: str) -> str:
    date = git("show", "--no-patch", "--format=@%ct +0000", parent, folder=folder) if parent else _EPOCH
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    parents = ("-p", parent) if parent else ()
    return git("commit-tree", tree, *parents, "-m", message, folder=folder, environment=IDENTITY | dates)
