"""What a build may read and write: its slot, its project's packages, and the tools of this machine."""

from collections.abc import Mapping
from pathlib import Path

from rehearsal.builds.environment.toolchain import packages_of_pip, rustup_home
from rehearsal.builds.files.workspace import Workspace
from rehearsal.confinement import (
    Confinement,
    hidden_folders,
    named_files,
    own_installation,
    tool_folders,
)
from rehearsal.interpreters import Python


def confinement_of(
    workspace: Workspace,
    *,
    python: Python,
    host_folders: tuple[str, ...],
    person: Mapping[str, str],
    secrets: tuple[Path, ...] = (),
) -> Confinement:
    """`secrets` are folders that no build may read, above all the project's `.slipway/`."""
    tools = tool_folders((*host_folders, str(python.executable.parent)))
    lent = (rustup_home(), packages_of_pip(python))
    return Confinement(
        writable=(workspace.root, workspace.packages, workspace.kept),  # a build cannot rename a mount point
        readable=tuple(
            path
            for path in (*tools, python.library, *own_installation(), *lent, *named_files(person))
            if path is not None
        ),
        hidden=hidden_folders(*secrets),
        fixed=(workspace.scratch,),
        temporary=workspace.temporary,
    )
