"""What may go wrong in any command, as errors with a remedy: nobody is to read a traceback of Slipway's.

What a command expects it tells itself, as a `Problem`. Here is what lies around it: the disk, the saved
state, git, and the embedded AWS.
"""

import sqlite3
from collections.abc import Callable, Mapping

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.archive import ArchiveError
from rehearsal.cdk.assembly import AssemblyError
from rehearsal.conductor.exits import Exit
from rehearsal.conductor.problems import Problem
from rehearsal.daemon.client import CloudEndedError, CloudStartError
from rehearsal.model.errors import DefinitionError
from rehearsal.record.database import RecordTooNewError
from rehearsal.sources.git import GitError
from rehearsal.sources.repository import SourceError


def explained(error: Exception) -> Problem | None:
    """The problem that an error is for a person; None for one that only a bug can raise."""
    for kind, explain in _EXPLANATIONS.items():
        if isinstance(error, kind):
            return explain(error)
    return None


def _told(remedy: str, *, about: str = "", exit_code: Exit = Exit.FAILED) -> Callable[[Exception], Problem]:
    return lambda error: Problem(f"{about}{error}", remedy=remedy, exit_code=exit_code)


def _of_the_system(error: Exception) -> Problem:
    file = getattr(error, "filename", None)
    why = getattr(error, "strerror", None) or str(error)
    return Problem(
        f"{file}: {why}" if file else why,
        remedy="let this user write to the project's .slipway and to ~/.cache/slipway, with room on the disk",
        exit_code=Exit.FAILED,
    )


def _refused(error: Exception) -> Problem:
    assert isinstance(error, ClientError)  # noqa: S101 - the table says so
    details = error.response.get("Error", {})
    said = f"{error.operation_name}: {details.get('Message') or details.get('Code')}"
    return Problem(said, remedy="`slipway status` shows how the execution stands", exit_code=Exit.FAILED)


_EXPLANATIONS: Mapping[type[Exception], Callable[[Exception], Problem]] = {
    CloudStartError: _told("`slipway doctor` checks this machine"),
    CloudEndedError: _told("`slipway up` resumes from the saved state, `slipway status` shows it"),
    RecordTooNewError: _told("run the newer Slipway, or start again without the record"),
    sqlite3.Error: _told(
        "`slipway down`, delete the project's .slipway folder and start again: it holds pipelines and runs",
        about="the record .slipway/record.sqlite cannot be read: ",
    ),
    SourceError: _told("then run the command again"),
    GitError: _told("mend the repository that the message names, then run the command again"),
    ArchiveError: _told("make the archive again without that entry"),
    AssemblyError: _told("run `cdk synth` in the project and look at the files that it leaves there"),
    DefinitionError: _told("correct the pipeline in the app", about="CodePipeline refuses the pipeline: "),
    ClientError: _refused,
    BotoCoreError: _told("`slipway down`, then `slipway up`", about="the embedded AWS did not answer: "),
    TimeoutError: _told(
        "read .slipway/daemon.log, then `slipway down` and `slipway up`",
        about="the embedded AWS is too slow: ",
    ),
    OSError: _of_the_system,
}
"""The first that fits counts."""
