"""The files that a build declares to read.

The variable `SLIPWAY_READS` of the buildspec or the project names a file of the primary source, which has
patterns as a `.gitignore` has. A rehearsed build finds only matching files in its primary source, so that no
other file can change its result, and the result can be reused for a commit that changes other files only.
What a build reads and does not declare is missing in every rehearsal, not only where a result is reused. So
is the id of the commit, `CODEBUILD_RESOLVED_SOURCE_VERSION`, unless the buildspec or a script names it.

The patterns are in the source and not in the variable, because a build runs with the deployed project: a
commit that reads one more file must be able to say so itself.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

from rehearsal.archive import ArchiveError, open_within
from rehearsal.builds.running.phases import PhaseError

READS = "SLIPWAY_READS"


@dataclass(frozen=True, kw_only=True)
class DeclaredReads:
    file: str
    patterns: GitIgnoreSpec

    def leave_only(self, source: Path) -> None:
        """Remove every other file and link, and the folders that are empty then."""
        for root, folders, files in os.walk(source, topdown=False):
            folder = Path(root)
            links = [name for name in folders if (folder / name).is_symlink()]
            for name in (*files, *links):
                if not self._declares((folder / name).relative_to(source).as_posix()):
                    (folder / name).unlink()
            if folder != source and not any(folder.iterdir()):
                folder.rmdir()

    def _declares(self, path: str) -> bool:
        return path == self.file or self.patterns.match_file(path)


def declared_reads(variables: Mapping[str, str], source: Path) -> DeclaredReads | None:
    """Raises `PhaseError` for a file that cannot be read.

    None if the build declares nothing, or names a file that this commit does not have.
    """
    name = os.path.normpath(variables.get(READS, "").strip() or ".")
    file = source / name
    if name == "." or not file.is_file():
        return None
    try:
        with open_within(file, source) as content:
            lines = content.read().decode().splitlines()
        return DeclaredReads(file=name, patterns=GitIgnoreSpec.from_lines(lines))
    except (ArchiveError, ValueError) as error:
        raise PhaseError("CLIENT_ERROR", f"{READS}: {name} cannot be read: {error}") from error
