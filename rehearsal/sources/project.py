"""The project's own repository, before and after a pipeline names it.

`slipway up` adds the git remote, but the pipeline's name for the repository is known only once a pipeline is
deployed. Until then the remote points to a repository without a name. When the first git source of the first
pipeline names a repository to which nothing was pushed, that name becomes a link to the project's repository.
"""

from contextlib import suppress
from pathlib import Path

from rehearsal.home import Home
from rehearsal.locks import exclusive
from rehearsal.record.record import Record
from rehearsal.sources.origin import Origin, origin_of
from rehearsal.sources.remote import connect, serve
from rehearsal.sources.repository import Repository

UNNAMED = "slipway/project"
_FIRST_BRANCH = "main"


def connect_project(project: Path, home: Home) -> Repository | None:
    """Point the project's remote `slipway` at its repository; None if the folder is no repository."""
    home.create()
    with exclusive(home.root / "remote.lock"):
        first = next(iter(project_origins(home)), None)
        if first is not None:
            adopt(home, first.repository)
        name, branch = (first.repository, first.branch) if first else (UNNAMED, _FIRST_BRANCH)
        repository = serve(home, name, branch=branch)
        return repository if connect(project, repository) else None


def adopt(home: Home, name: str) -> Repository:
    """The repository of that name; a link to the project's own if the pipeline means the project."""
    wanted, unnamed = Repository.of(home, name), Repository.of(home, UNNAMED)
    meant = any(origin.repository == name for origin in project_origins(home))
    if meant and unnamed.exists and not wanted.exists and not _has_name(home, unnamed):
        wanted.path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            wanted.path.symlink_to(unnamed.path)
    return wanted


def project_origins(home: Home) -> list[Origin]:
    """The first git source of each pipeline, which is the project."""
    if not home.record.exists():
        return []
    firsts = (
        next(filter(None, map(origin_of, entry.pipeline.stages[0].actions)), None)
        for entry in Record(home.record).catalogue.entries()
    )
    return [origin for origin in firsts if origin is not None]


def _has_name(home: Home, unnamed: Repository) -> bool:
    links = (path for path in home.git.rglob("*.git") if path.is_symlink())
    return any(link.resolve() == unnamed.path.resolve() for link in links)
