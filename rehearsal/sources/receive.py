"""After a push, starts the pipelines that it triggers and prints which and why.

The post-receive hook runs it; git sends one line for each reference on standard input and shows its output to
the person. The push has already succeeded, so errors here are only printed.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.daemon import client
from rehearsal.home import Endpoint, Home
from rehearsal.model.definition import Action, Pipeline
from rehearsal.model.triggers import Push, Verdict, verdict
from rehearsal.record.database import RecordTooNewError
from rehearsal.record.record import Record
from rehearsal.sources.cause import PUSH, Cause
from rehearsal.sources.git import GitError
from rehearsal.sources.hook import NO_START
from rehearsal.sources.origin import origin_of
from rehearsal.sources.project import UNNAMED, adopt, project_origins
from rehearsal.sources.repository import Repository, SourceError

if TYPE_CHECKING:
    from mypy_boto3_codepipeline.type_defs import SourceRevisionOverrideTypeDef

_EXPECTED = (sqlite3.Error, RecordTooNewError, SourceError, GitError, OSError)
"""Errors that are printed without a traceback, such as an unreadable record."""

_BRANCH, _TAG = "refs/heads/", "refs/tags/"


@dataclass(frozen=True, kw_only=True)
class Update:
    before: str
    after: str
    reference: str

    @property
    def deleted(self) -> bool:
        return set(self.after) == {"0"}

    @property
    def short(self) -> str:
        return self.reference.removeprefix(_BRANCH).removeprefix(_TAG)


def main() -> None:
    home, name = Home(Path(sys.argv[1])), sys.argv[2]
    if os.environ.get("GIT_PUSH_OPTION_0") == NO_START:
        return
    try:
        repository = named(home, Repository.of(home, name))
        for update in _updates(sys.stdin):
            for line in receive(home, repository, update):
                _tell(line)
    except _EXPECTED as error:
        _tell(f"the push is stored, but no further pipeline was started: {error}")
        _tell("`slipway status` shows what runs; push again when this is fixed")


def _tell(line: str) -> None:
    print(f"slipway: {line}", flush=True)  # noqa: T201 - git shows it to the person


def named(home: Home, repository: Repository) -> Repository:
    """The repository by its name in the pipelines, if the pushed one has no name yet."""
    if repository.name != UNNAMED:
        return repository
    adopted = (adopt(home, origin.repository) for origin in project_origins(home))
    return next((found for found in adopted if found.path.resolve() == repository.path), repository)


def receive(home: Home, repository: Repository, update: Update) -> Iterator[str]:
    """Start the pipelines of the update; yields lines for the person who pushed."""
    endpoint = home.endpoint()
    if update.deleted:
        yield f"{update.short} was deleted; nothing was started"
    elif not repository.has_commit(update.after):
        yield f"{update.short} is stored, but it is not a commit; nothing was started"
    elif endpoint is None:
        yield f"{update.short} is stored, but nothing was started: the embedded AWS is not running"
        yield "start it with `slipway up`, then push again (an empty commit will do) or `slipway rehearse`"
    else:
        yield from _offer(home, endpoint, repository, update)


def _offer(home: Home, endpoint: Endpoint, repository: Repository, update: Update) -> Iterator[str]:
    push, commit = _push(repository, update), repository.commit(update.after).id
    pipelines = [entry.pipeline for entry in Record(home.record).catalogue.entries()]
    readers = [(found, sources) for found in pipelines if (sources := _sources(found, repository))]
    if not readers:
        yield from _unread(repository, update, pipelines)
    started = False
    for pipeline, sources in readers:
        verdicts = [(source, verdict(pipeline, source, push)) for source in sources]
        willing = [source for source, found in verdicts if found.starts]
        if willing:
            started = True
            cause = Cause(cause=PUSH, detail=update.reference)
            yield f"{_start(endpoint, pipeline, willing, commit, cause)} ({_reasons(verdicts, starts=True)})"
        else:
            yield f"{pipeline.name} not started: {_reasons(verdicts, starts=False)}"
    if started:
        yield "watch it with `slipway status` and `slipway logs`"


def _unread(repository: Repository, update: Update, pipelines: list[Pipeline]) -> Iterator[str]:
    what = "this repository" if repository.name == UNNAMED else repository.name
    if pipelines:
        names = ", ".join(pipeline.name for pipeline in pipelines)
        yield f"{update.short} is stored, but no pipeline here reads {what}; deployed are: {names}"
    else:
        yield f"{update.short} is stored, but no pipeline is deployed yet"
        yield "`slipway rehearse` deploys the project's pipeline and runs it"
    yield 'to deploy one yourself: eval "$(slipway env)"; npx cdk deploy STACK; then push again'


def _push(repository: Repository, update: Update) -> Push:
    if update.reference.startswith(_TAG):
        return Push(tag=update.short)
    return Push(branch=update.short, changed=repository.changed_paths(update.before, update.after))


def _sources(pipeline: Pipeline, repository: Repository) -> list[Action]:
    return [
        action
        for action in pipeline.stages[0].actions
        if (origin := origin_of(action)) and origin.repository == repository.name
    ]


def _reasons(verdicts: list[tuple[Action, Verdict]], *, starts: bool) -> str:
    return "; ".join(found.reason for _, found in verdicts if found.starts is starts)


def _start(endpoint: Endpoint, pipeline: Pipeline, sources: list[Action], commit: str, cause: Cause) -> str:
    session = client.session(endpoint, account=pipeline.account, region=pipeline.region)
    revisions: list[SourceRevisionOverrideTypeDef] = [
        {"actionName": source.name, "revisionType": "COMMIT_ID", "revisionValue": commit}
        for source in sources
    ]
    try:
        started = session.client("codepipeline").start_pipeline_execution(
            name=pipeline.name, sourceRevisions=revisions, clientRequestToken=cause.token()
        )
    except (BotoCoreError, ClientError) as error:
        return f"{pipeline.name} could not be started: {error}"
    return f"{pipeline.name} started, execution {started['pipelineExecutionId']}"


def _updates(lines: Iterable[str]) -> Iterator[Update]:
    for line in lines:
        before, after, reference = line.split()
        yield Update(before=before, after=after, reference=reference)


if __name__ == "__main__":
    main()
