"""The files that a build declares to read, in the variable `SLIPWAY_READS` of its buildspec or its project.

The value has patterns as in a `.gitignore`, separated by white space: `/lambdas/ /Makefile`, or
`* !*.md !/docs/`. A rehearsed build finds only matching files in its primary source, so that no other file
can change its result, and the result can be reused for a commit that changes other files only. What a build
reads and does not declare is missing in every rehearsal, not only where a result is reused. So is the id of
the commit, `CODEBUILD_RESOLVED_SOURCE_VERSION`, unless the buildspec or a script names it.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from pathspec import GitIgnoreSpec

from rehearsal.builds.running.phases import PhaseError

READS = "SLIPWAY_READS"


def declared_reads(variables: Mapping[str, str]) -> GitIgnoreSpec | None:
    """Raises `PhaseError` for a pattern that cannot be read; None if the build declares nothing."""
    patterns = variables.get(READS, "").split()
    if not patterns:
        return None
    try:
        return GitIgnoreSpec.from_lines(patterns)
    except ValueError as error:
        raise PhaseError("CLIENT_ERROR", f"{READS} cannot be read: {error}") from error


def leave_only(reads: GitIgnoreSpec, source: Path) -> None:
    """Remove every other file and link, and the folders that are empty then."""
    for root, folders, files in os.walk(source, topdown=False):
        folder = Path(root)
        links = [name for name in folders if (folder / name).is_symlink()]
        for name in (*files, *links):
            if not reads.match_file((folder / name).relative_to(source).as_posix()):
                (folder / name).unlink()
        if folder != source and not any(folder.iterdir()):
            folder.rmdir()
