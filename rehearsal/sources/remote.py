"""The git remote `slipway` in a person's repository: what `git push slipway main` pushes to."""

from pathlib import Path

from rehearsal.home import Home
from rehearsal.locks import exclusive
from rehearsal.sources.git import git, succeeds
from rehearsal.sources.hook import install_hook
from rehearsal.sources.repository import Repository, SourceError

REMOTE = "slipway"


def serve(home: Home, name: str, *, branch: str) -> Repository:
    """Create the bare repository of a pipeline's source, ready for pushes."""
    repository = Repository.of(home, name)
    home.create()
    with exclusive(home.root / "git.lock"):  # git fails at once if another git writes the settings
        repository.create(branch=branch)
        install_hook(repository, home=home)
    return repository


def connect(project: Path, repository: Repository) -> bool:
    """Point the project's remote `slipway` at the repository; False if the folder is no repository.

    Other remotes are never changed, nor is a remote `slipway` that points elsewhere.
    """
    if not in_work_tree(project):
        return False
    url = str(repository.path)
    present = f"remote.{REMOTE}.url"
    if not succeeds("config", "--get", present, folder=project):
        git("remote", "add", REMOTE, url, folder=project)
        return True
    if (found := git("config", "--get", present, folder=project)) != url:
        _refuse_foreign(found)
        git("remote", "set-url", REMOTE, url, folder=project)
    return True


def in_work_tree(folder: Path) -> bool:
    """Whether git tracks this folder: an outer repository may ignore it or never have added it."""
    if not succeeds("rev-parse", "--is-inside-work-tree", folder=folder):
        return False
    if not git("rev-parse", "--show-prefix", folder=folder):
        return True
    return bool(git("ls-files", "--", ".", folder=folder))


def _refuse_foreign(url: str) -> None:
    if "/.slipway/git/" not in url:
        raise SourceError(
            f"this repository has a remote {REMOTE!r} that is not a rehearsal's: {url}; "
            f"rename it with `git remote rename {REMOTE} other`, then run `slipway up` again"
        )
