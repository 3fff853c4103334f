"""Plays stories in forked processes, which is much faster than to start Python for each.

Reads one job a line and answers it with one line of JSON. A job says where the process is to die: before
or after its n-th transaction, or where the disk is full.
"""

import json
import os
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.record.record import Record
from tests.rehearsal.engine.crash.checks import problems
from tests.rehearsal.engine.crash.stories import STORIES, Person

FULL_FOR = 4
"""How many transactions fail in a row on a disk that is full for a while."""


@dataclass
class Observer:
    how: str = ""
    at: int = -1
    record: Record | None = None
    """To describe every point by, where they are all counted first."""
    seen: list[str] = field(default_factory=list)
    points: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def begin(self, name: str) -> None:
        self.names.add(name)

    def before_commit(self, name: str) -> None:
        number = len(self.seen)
        self.seen.append(name)
        if self.record:
            self.points.append((name, state(self.record)))
        if self.how == "before" and number == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "full" and self.at <= number < self.at + FULL_FOR:
            raise sqlite3.OperationalError("database or disk is full")

    def after_commit(self, _name: str) -> None:
        if self.how == "after" and len(self.seen) - 1 == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def state(record: Record) -> str:
    """How everything stands: two points at which it stands alike are one to whoever has to go on."""
    rows: list[object] = []
    runs = [run for run in record.runs(limit=4) if run.status in ("InProgress", "Stopping")]
    for run in runs or record.runs(limit=1):
        position = run.position.as_json() if run.position else None
        rows.append((run.kind, run.status, run.waiting_at, position))
        for stage in run.stages:
            rows.append((stage.name, stage.status, stage.attempt))
            rows += [(action.name, action.status, bool(action.token)) for action in stage.actions]
            rows += [(found.kind, found.status, len(found.rules)) for found in stage.conditions]
    return repr(rows)


def play(job: dict[str, Any]) -> dict[str, Any]:
    """From a fresh start, with what the job wants to go wrong."""
    story, folder = STORIES[job["story"]], Path(job["folder"])
    person = story.person(folder)
    observer = Observer(job["how"], job["at"], None if job["how"] else person.record)
    person.record.database.observer = observer
    person.engine.begin()
    story.play(person)
    person.finish()
    found = problems(folder)
    if job["how"] == "full":
        observer.how = ""  # there is room again, however few transactions the story had left
        found += _still_delivers(person, folder)
    return {"problems": found, "points": observer.points, "names": sorted(observer.names)}


def set_up(job: dict[str, Any]) -> dict[str, Any]:
    story = STORIES[job["story"]]
    story.setup(story.person(Path(job["folder"])))
    return {}


def recover(job: dict[str, Any]) -> dict[str, Any]:
    """A new process: what was begun ends; then the people go on with what they wanted."""
    story, folder = STORIES[job["story"]], Path(job["folder"])
    person = story.person(folder)
    observer = Observer()
    person.record.database.observer = observer
    person.engine.begin()
    person.transition("Staging", enabled=True)  # else whoever waits there waits, and rightly
    person.finish()
    found = [f"after the restart: {problem}" for problem in problems(folder)]
    story.play(person)
    person.finish()
    return {
        "problems": found + problems(folder) + _still_delivers(person, folder),
        "names": sorted(observer.names),
    }


def _still_delivers(person: Person, folder: Path) -> list[str]:
    """Whatever happened, what failed can be retried, and the next push goes through."""
    for file in ("smoke-broken", "frozen", "alarm"):
        person.breaks(file, broken=False)
    person.create(person.second)
    person.retry_failed()
    person.finish()
    last = person.start("the last one")
    person.finish()
    if person.record.run(last).status == "Cancelled":  # it mutated the pipeline
        last = person.record.latest_run().execution_id  # type: ignore[union-attr]
    if person.record.run(last).status != "Succeeded":
        return [f"the next push: {person.record.run(last).status_summary}", person.describe()]
    return problems(folder)


WORK: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "set up": set_up,
    "play": play,
    "recover": recover,
}


def forked(job: dict[str, Any]) -> dict[str, Any]:
    answer = Path(job["folder"]) / "answer.json"
    answer.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        try:
            answer.write_text(json.dumps(WORK[job["work"]](job)))
        except BaseException:
            answer.write_text(json.dumps({"problems": [traceback.format_exc()]}))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return {"killed": os.WTERMSIG(status)}
    return dict(json.loads(answer.read_text()))


def main() -> None:
    for line in sys.stdin:
        print(json.dumps(forked(json.loads(line))), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
