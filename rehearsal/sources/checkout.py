"""A commit as an artifact: a zip of its files, or a reference that a build clones.

CodePipeline's `CODEBUILD_CLONE_REF` artifact is a small JSON document instead of the files. Here it names the
bare repository on this machine; only builds may use it, as on AWS.
"""

import json
import re
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

from rehearsal.archive import open_zip, read_entry
from rehearsal.model.results import Fidelity, Gap
from rehearsal.sources.git import git, succeeds
from rehearsal.sources.repository import MARK, Repository, SourceError

_CLONE_REFERENCE = "codepipeline-clone-reference.json"


@dataclass(frozen=True, kw_only=True)
class CloneReference:
    repository: str
    path: str
    commit: str

    def __post_init__(self) -> None:
        """A build can write such an artifact too, so no value may be read as an option of git."""
        if not all(isinstance(value, str) for value in asdict(self).values()) or "\0" in self.path:
            raise ValueError("not a clone reference")
        if not re.fullmatch(r"[0-9a-f]{40}([0-9a-f]{24})?", self.commit):
            raise ValueError(f"{self.commit!r} is no commit")


def write_zip(repository: Repository, commit: str, target: Path) -> None:
    """`git archive` of the commit, with executable bits and links; always the same bytes."""
    git("archive", "--format=zip", "-1", f"--output={target.resolve()}", commit, folder=repository.path)


def write_clone_reference(repository: Repository, commit: str, target: Path) -> None:
    reference = CloneReference(repository=repository.name, path=str(repository.path), commit=commit)
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(zipfile.ZipInfo(_CLONE_REFERENCE), json.dumps(asdict(reference)))


def clone_reference(artifact: Path) -> CloneReference | None:
    """The clone reference in an artifact, or None for an artifact with files."""
    if not zipfile.is_zipfile(artifact):
        return None
    with open_zip(artifact) as archive:
        if archive.namelist() != [_CLONE_REFERENCE]:
            return None
        content = read_entry(archive, archive.getinfo(_CLONE_REFERENCE))
    try:
        return CloneReference(**json.loads(content))
    except (ValueError, TypeError) as error:
        raise SourceError(f"the artifact's clone reference cannot be followed: {error}") from error


def clone(reference: CloneReference, into: Path) -> None:
    """Clone the whole history and check out the commit, detached as in CodeBuild."""
    origin = Path(reference.path)
    if not origin.is_dir() or not succeeds("config", "--get", MARK, folder=origin):
        raise SourceError(f"the repository {reference.repository} is gone; push it again and start anew")
    into.mkdir(parents=True, exist_ok=True)
    if any(into.iterdir()):
        raise SourceError(f"cannot clone {reference.repository} into {into}: the folder is not empty")
    git("clone", "--quiet", "--no-hardlinks", "--no-checkout", reference.path, ".", folder=into)
    git("fetch", "--quiet", "origin", reference.commit, folder=into)
    git("checkout", "--quiet", "--detach", reference.commit, folder=into)


def gaps_of(repository: Repository, commit: str) -> tuple[Gap, ...]:
    """Differences between this commit's artifact and that of a hosted repository."""
    found = []
    listed = git("ls-tree", "-r", "-z", commit, folder=repository.path).split("\0")
    submodules = [line.partition("\t")[2] for line in listed if line.startswith("160000 ")]
    if submodules:
        found.append(_gap(repository, f"submodules are empty folders: {', '.join(submodules)}"))
    if _uses_lfs(repository, commit, listed):
        found.append(_gap(repository, "Git LFS files are in the artifact as pointers"))
    return tuple(found)


def _uses_lfs(repository: Repository, commit: str, listed: list[str]) -> bool:
    paths = [line.partition("\t")[2] for line in listed if line.endswith(".gitattributes")]
    return any(
        "filter=lfs" in git("cat-file", "blob", f"{commit}:{path}", folder=repository.path) for path in paths
    )


def _gap(repository: Repository, reason: str) -> Gap:
    return Gap(subject=f"source {repository.name}", fidelity=Fidelity.EMULATED, reason=reason)
