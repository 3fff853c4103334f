"""Second Brain's functions through the Lambda runtime API, on a database of 100,000 entities.

The agent and the embedding answer from loopback at no cost. Cold start is from the start of the
process to the answer of its first request, connection to the database included. The Python handler
beside them does the same three requests the ordinary way (see `python_handler`).
"""

import itertools
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.postgres.server import temporary
from tests.bench.library import LARGE_FAMILY, SMALL_FAMILY, Library, fill
from tests.bench.table import Figure, show
from tests.lambdas.conftest import WORKSPACE, secrets_of, settings_of
from tests.lambdas.events import Person, event
from tests.lambdas.runtime_api import Function
from tests.lambdas.stand_ins import StandIns
from tests.logins import deploy

COLD_STARTS = 9
ROUNDS = 5
CALLS = 100
OWNER = Person("owner", str(LARGE_FAMILY))
NEIGHBOUR = Person("neighbour", str(SMALL_FAMILY))
WINDOW = {"from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"}

Events = Iterator[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One of the three requests, and the program that serves it in Rust."""

    name: str
    program: str
    events: Callable[[], Events]


@dataclass(frozen=True, kw_only=True)
class Measured:
    cold: Sequence[float]
    p50: Sequence[float]
    p95: Sequence[float]
    memory: float


@dataclass(frozen=True, kw_only=True)
class Bench:
    settings: Mapping[str, str]
    stand_ins: StandIns
    library: Library
    logs: Path

    def start(self, command: Sequence[str | Path]) -> Function:
        return Function(command, environment=self.settings, log=self.logs / "function.log")

    def measure(self, command: Sequence[str | Path], events: Events) -> Measured:
        cold = [self._cold(command, next(events)) for _ in range(COLD_STARTS)]
        with self.start(command) as function:
            function.invoke(next(events))
            rounds = [
                sorted(_milliseconds(function, next(events)) for _ in range(CALLS)) for _ in range(ROUNDS)
            ]
            return Measured(
                cold=cold,
                p50=[statistics.median(each) for each in rounds],
                p95=[each[int(CALLS * 0.95)] for each in rounds],
                memory=function.peak_memory_mb(),
            )

    def _cold(self, command: Sequence[str | Path], first: dict[str, Any]) -> float:
        with self.start(command) as function:
            waited = function.initialised_within()
            return waited * 1000 + _milliseconds(function, first)


def main() -> None:
    programs = _release()
    sizes = [path.stat().st_size / 2**20 for path in (programs / name / "bootstrap" for name in _binaries())]
    show(
        "Functions: stripped bootstraps",
        [Figure(name="size of the ten", samples=sizes, unit="MB", goal="≤ 10 MB each")],
    )
    with _prepared() as bench:
        _requests(bench, programs)
        _search(bench, programs)


def _requests(bench: Bench, programs: Path) -> None:
    for request in _three(bench.library):
        rust = bench.measure([programs / request.program / "bootstrap"], request.events())
        python = bench.measure([sys.executable, "-m", "tests.bench.python_handler"], request.events())
        show(
            f"Functions: {request.name}",
            [*_rows("Rust", rust, goals=True), *_rows("Python", python), *_ratios(rust, python)],
        )


def _rows(language: str, measured: Measured, *, goals: bool = False) -> list[Figure]:
    def figure(name: str, samples: Sequence[float], unit: str, goal: str = "") -> Figure:
        return Figure(name=f"{language}, {name}", samples=samples, unit=unit, goal=goal if goals else "")

    return [
        figure("cold start", measured.cold, "ms", "≤ 50 ms"),
        figure("warm p50", measured.p50, "ms", "≤ 5 ms"),
        figure("warm p95", measured.p95, "ms"),
        figure("peak memory", [measured.memory], "MB", "≤ 64 MB"),
    ]


def _ratios(rust: Measured, python: Measured) -> list[Figure]:
    pairs = {
        "cold start": (python.cold, rust.cold),
        "warm p50": (python.p50, rust.p50),
        "peak memory": ([python.memory], [rust.memory]),
    }
    return [
        Figure(
            name=f"Python / Rust, {name}",
            samples=[statistics.median(many) / statistics.median(few)],
            unit="times",
        )
        for name, (many, few) in pairs.items()
    ]


def _search(bench: Bench, programs: Path) -> None:
    questions = bench.library.questions
    for question in questions:
        bench.stand_ins.embedding(question)
    figures = []
    for whose, person in (("a family of 90,000", OWNER), ("a family of 100", NEIGHBOUR)):
        asked = (
            event("POST", "/query", claims=person.claims, body={"question": question})
            for question in itertools.cycle(questions)
        )
        measured = bench.measure([programs / "query" / "bootstrap"], asked)
        figures += [
            Figure(name=f"{whose}, p50", samples=measured.p50, unit="ms"),
            Figure(name=f"{whose}, p95", samples=measured.p95, unit="ms", goal="≤ 50 ms"),
            Figure(name=f"{whose}, peak memory", samples=[measured.memory], unit="MB", goal="≤ 64 MB"),
        ]
    show("Functions: hybrid search among 100,000 entities, whole request", figures)


def _three(library: Library) -> list[Request]:
    def entity() -> Events:
        for entity in itertools.cycle(library.entities):
            path = {"entity_id": entity}
            yield event("GET", "/entities/{entity_id}", claims=OWNER.claims, path=path)

    def calendar() -> Events:
        while True:
            yield event("GET", "/calendar", claims=OWNER.claims, query=WINDOW)

    def ingest() -> Events:
        note = {"kind": "note", "title": "Measured", "body": "The same words every time"}
        while True:
            yield event("POST", "/ingest", claims=OWNER.claims, body=note)

    return [
        Request(name="entity", program="query", events=entity),
        Request(name="calendar", program="calendar", events=calendar),
        Request(name="ingest", program="ingest", events=ingest),
    ]


@contextmanager
def _prepared() -> Iterator[Bench]:
    with (
        tempfile.TemporaryDirectory() as logs,
        temporary(parameters={"shared_buffers": "1GB", "max_wal_size": "4GB"}) as login,
        StandIns() as stand_ins,
    ):
        deploy(login)
        library = fill(login)
        stand_ins.answers.secrets.update(secrets_of(login))
        known = settings_of(login, stand_ins, program="query")  # the login of all three programs
        settings = {**known, "RUST_LOG": "info", "PYTHONPATH": str(WORKSPACE.parent)}
        settings["AWS_DEFAULT_REGION"] = settings["AWS_REGION"]
        yield Bench(settings=settings, stand_ins=stand_ins, library=library, logs=Path(logs))


def _milliseconds(function: Function, sent: dict[str, Any]) -> float:
    outcome = function.invoke(sent)
    if outcome.failed or outcome.payload["statusCode"] >= 300:
        raise RuntimeError(f"a measured request failed: {outcome.payload}\n{function.log()[-2000:]}")
    return outcome.seconds * 1000


def _release() -> Path:
    """The programs as they are deployed, but for this machine; a rehearsal builds faster ones to build."""
    subprocess.run(
        ["cargo", "lambda", "build", "--release", "--locked", "--lambda-dir", "target/bench"],
        cwd=WORKSPACE,
        check=True,
        capture_output=True,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )
    return WORKSPACE / "target" / "bench"


def _binaries() -> list[str]:
    return sorted(source.stem for source in (WORKSPACE / "second_brain").glob("*/src/bin/*.rs"))


if __name__ == "__main__":
    main()
