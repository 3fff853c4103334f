"""Converts expected errors of any command into a message with a remedy, so that nobody sees a traceback.

A command raises `Problem` for its own errors. Here are those of its surroundings: the disk, the saved state,
git, and the embedded AWS.
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
    """The problem to show for an error; None for an error that only a bug can cause."""
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
        remedy="let this user write to the project's .slipway and to ~/.cache/slipway, and free disk space",
        exit_code=Exit.FAILED,
    )


def _refused(error: Exception) -> Problem:
    assert isinstance(error, ClientError)  # noqa: S101 - by the table below
    details = error.response.get("Error", {})
    message = f"{error.operation_name}: {details.get('Message') or details.get('Code')}"
    return Problem(message, remedy="`slipway status` shows the state of the execution", exit_code=Exit.FAILED)


_EXPLANATIONS: Mapping[type[Exception], Callable[[Exception], Problem]] = {
    CloudStartError: _told("`slipway doctor` checks this machine"),
    CloudEndedError: _told("`slipway up` resumes from the saved state, `slipway status` shows it"),
    RecordTooNewError: _told("run the newer Slipway, or delete the record"),
    sqlite3.Error: _told(
        "`slipway down`, delete the project's .slipway folder (it has pipelines and runs) and start again",
        about="the record .slipway/record.sqlite cannot be read: ",
    ),
    SourceError: _told("then run the command again"),
    GitError: _told("repair the repository that the message names, then run the command again"),
    ArchiveError: _told("create the archive again without that entry"),
    AssemblyError: _told("run `cdk synth` in the project and check the files that it writes"),
    DefinitionError: _told("correct the pipeline in the app", about="CodePipeline refuses the pipeline: "),
    ClientError: _refused,
    BotoCoreError: _told("`slipway down`, then `slipway up`", about="the embedded AWS did not answer: "),
    TimeoutError: _told(
        "read .slipway/daemon.log, then `slipway down` and `slipway up`",
        about="the embedded AWS is too slow: ",
    ),
    OSError: _of_the_system,
}
"""The first matching entry counts."""
