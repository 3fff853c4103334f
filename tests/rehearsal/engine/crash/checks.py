"""What must be true of a record and of the world's effects, wherever the process was killed."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from rehearsal.home import Home
from rehearsal.model.definition import PipelineKey
from rehearsal.record.record import Record
from rehearsal.record.views import Run
from tests.rehearsal.engine.crash.world import CrashWorld

OPEN = ("InProgress", "Stopping")
PASSED = ("Succeeded", "Skipped")


def problems(folder: Path) -> list[str]:
    record = Record(Home(folder).record)
    connection = sqlite3.connect(record.path)
    try:
        runs = record.runs(limit=1_000)
        found = [*_open(connection), *_effects(connection, folder), *_order(record, runs)]
        for run in runs:
            found += [*_artifacts(record, connection, run), *_roll_back(runs, run)]
        return [*found, *_tokens(connection)]
    finally:
        connection.close()
        record.close()


def _open(connection: sqlite3.Connection) -> Iterator[str]:
    for table, name in (
        ("executions", "execution_id"),
        ("stages", "stage"),
        ("actions", "action"),
        ("conditions", "kind"),
        ("rules", "rule"),
    ):
        query = f"select {name}, status from {table} where status in ('InProgress', 'Stopping')"  # noqa: S608
        for subject, status in connection.execute(query):
            yield f"{table}: {subject} is {status} for ever"


def _order(record: Record, runs: list[Run]) -> Iterator[str]:
    """No stage was entered while one before it was not passed; read from the history."""
    standard = {run.execution_id: run for run in runs if run.kind == "STANDARD"}
    states: dict[str, dict[str, str]] = {}
    for event in record.events():
        if event.kind != "stage" or event.status == "Waiting" or event.execution_id not in standard:
            continue
        known = states.setdefault(event.execution_id, {})
        known[event.subject] = event.status
        if event.status == "InProgress":
            names = [stage.name for stage in standard[event.execution_id].stages]
            for earlier in names[: names.index(event.subject)]:
                if known.get(earlier) not in PASSED:
                    yield f"{event.subject} was entered while {earlier} was {known.get(earlier)}"


def _effects(connection: sqlite3.Connection, folder: Path) -> Iterator[str]:
    effects = CrashWorld(folder=folder).effects()
    yield from (f"artifact missing: {words}" for words in effects if words[0] == "missing")
    done = Counter(words[3] for words in effects if words[0] == "did")
    yield from (
        f"{identifier} had its effect {times} times" for identifier, times in done.items() if times > 1
    )
    known = {row[0] for row in connection.execute("select action_execution_id from actions")}
    yield from (f"an effect of {identifier}, which is not recorded" for identifier in done.keys() - known)
    for execution, stage, action, times in connection.execute(
        "select execution_id, stage, action, count(*) from actions "
        "group by 1, 2, 3, attempt having count(*) > 1"
    ):
        yield f"{stage}/{action} ran {times} times in one attempt of {execution}"


def _artifacts(record: Record, connection: sqlite3.Connection, run: Run) -> Iterator[str]:
    key = PipelineKey(account=run.account, region=run.region, name=run.pipeline)
    pipeline = record.catalogue.definition(key, run.version)
    assert pipeline is not None
    kept = set(record.details.artifacts(run.execution_id))
    for stage in pipeline.stages:
        for action in stage.actions:
            rows = connection.execute(
                "select 1 from actions where execution_id = ? and stage = ? and action = ? "
                "and status = 'Succeeded'",
                (run.execution_id, stage.name, action.name),
            ).fetchall()
            if rows and not set(action.output_artifacts) <= kept:
                yield f"{stage.name}/{action.name} succeeded without its artifacts"
            if rows and action.namespace and action.namespace not in record.details.outputs(run.execution_id):
                yield f"{stage.name}/{action.name} succeeded without its variables"


def _roll_back(runs: list[Run], run: Run) -> Iterator[str]:
    if "rolled back to execution" in run.status_summary:
        begun = run.status_summary.split()[-1]
        if begun not in [found.execution_id for found in runs]:
            yield f"{run.execution_id} says that {begun} rolls it back, and there is no such execution"


def _tokens(connection: sqlite3.Connection) -> Iterator[str]:
    for token, times in connection.execute(
        "select client_token, count(*) from executions where client_token is not null group by 1"
    ):
        if times > 1:
            yield f"{times} executions were started with the token {token}"
