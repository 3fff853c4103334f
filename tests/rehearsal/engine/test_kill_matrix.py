"""The engine's process is killed at every transaction of every story, and the disk is full at each.

The points are not listed anywhere: a first run of each story counts its transactions. Points at which
everything stands alike are tried once. A transaction that no story comes to fails the last test, so that
a new write is part of this by itself.
"""

import ast
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsal.engine.crash.stories import STORIES

SOURCES = Path(__file__).parents[3] / "rehearsal"
AT_ONCE = 2
NOT_OF_A_STORY = {
    "create or migrate the tables": "before anything runs; test_recovery migrates a record",
    "set tags": "one statement of the API, nothing runs for it",
    "save a webhook": "one statement of the API, nothing runs for it",
    "delete a webhook": "one statement of the API, nothing runs for it",
    "delete a pipeline": "ends all that the record has of it, together with its executions",
    "delete a pipeline and cancel its executions": "as above",
    "take the newest definition": "part of the update of a pipeline",
    "leave options for a start": "written by the command, before the start",
    "note a gap": "says nothing of what runs",
}


class Server:
    """Plays stories in a process of its own, which forks for each."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.rehearsal.engine.crash.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=SOURCES.parent,
        )

    def ask(self, **job: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


@dataclass(frozen=True, kw_only=True)
class Point:
    story: str
    how: str
    at: int
    name: str


@dataclass
class Matrix:
    root: Path
    kept: Path
    """Where a failure's record and effects can be looked at."""
    servers: "queue.Queue[Server]"
    names: set[str]

    @contextmanager
    def server(self) -> Iterator[Server]:
        found = self.servers.get()
        try:
            yield found
        finally:
            self.servers.put(found)

    def template(self, story: str) -> Path:
        folder = self.root / story.replace(" ", "-")
        if not folder.exists():
            folder.mkdir()
            with self.server() as server:
                server.ask(work="set up", story=story, folder=str(folder))
        return folder

    def copy(self, story: str, name: str) -> Path:
        return Path(shutil.copytree(self.template(story), self.root / name))

    def transactions(self, story: str) -> list[tuple[str, str]]:
        """Every one of the story, in order, with how everything stands there."""
        folder = self.copy(story, f"count-{story.replace(' ', '-')}")
        with self.server() as server:
            answer = server.ask(work="play", story=story, folder=str(folder), how="", at=-1)
        assert answer["problems"] == []
        self.names |= set(answer["names"])
        return [(name, state) for name, state in answer["points"]]

    def outcome(self, point: Point) -> list[str]:
        folder = self.copy(point.story, f"{point.how}-{point.at}-{point.story.replace(' ', '-')}")
        job = {"story": point.story, "folder": str(folder)}
        with self.server() as server:
            answer = server.ask(work="play", how=point.how, at=point.at, **job)
            if "killed" in answer:
                answer = server.ask(work="recover", **job)
        self.names |= set(answer.get("names", []))
        found = answer.get("problems", [f"the process was killed by {answer}"])
        if not found:
            shutil.rmtree(folder)
            return []
        return [f"{point}, in {shutil.move(folder, self.kept)}:", *found]


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    servers: queue.Queue[Server] = queue.Queue()
    for _ in range(AT_ONCE):
        servers.put(Server())
    kept = tmp_path_factory.mktemp("matrix")
    with tempfile.TemporaryDirectory(dir=_in_memory()) as root:
        yield Matrix(Path(root), kept, servers, set())
    while not servers.empty():
        servers.get().close()


@pytest.fixture(scope="module")
def points(matrix: Matrix) -> list[Point]:
    """Each kill where it stands differently than at any other; each full disk at each kind of write."""
    found: dict[tuple[str, str, str], Point] = {}
    for story in STORIES:
        for at, (name, state) in enumerate(matrix.transactions(story)):
            found.setdefault(("before", name, state), Point(story=story, how="before", at=at, name=name))
            found.setdefault(("after", name, story), Point(story=story, how="after", at=at, name=name))
            found.setdefault(("full", name, story), Point(story=story, how="full", at=at, name=name))
    return list(found.values())


@pytest.mark.parametrize("how", ["before", "after", "full"])
def test_wherever_it_is_interrupted_everything_ends_and_nothing_runs_that_must_not(
    matrix: Matrix, points: list[Point], how: str
) -> None:
    chosen = [point for point in points if point.how == how]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = [line for lines in pool.map(matrix.outcome, chosen) for line in lines]
    assert found == [], "\n".join(found)


def test_every_transaction_of_the_engine_is_in_a_story(matrix: Matrix, points: list[Point]) -> None:
    assert points
    named = set(_named_transactions())
    assert named - matrix.names == set(NOT_OF_A_STORY)


def _named_transactions() -> Iterator[str]:
    for folder in ("record", "engine"):
        for file in sorted((SOURCES / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and _begins_transaction(node.func):
                    name = node.args[0]
                    if isinstance(name, ast.Name):  # `Ledger.transaction` passes on what it is given
                        continue
                    assert isinstance(name, ast.Constant), f"{file}: a transaction without a literal name"
                    yield str(name.value)


def _begins_transaction(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr in ("writing", "transaction")


def _in_memory() -> str | None:
    """Hundreds of small databases: in memory where there is such a place."""
    memory = "/dev/shm"  # noqa: S108 - a name of its own below it
    return memory if os.access(memory, os.W_OK) else None
