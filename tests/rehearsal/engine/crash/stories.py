"""What people do while the process may die: every step can be told again, and then changes nothing more."""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.engine.engine import Engine
from rehearsal.engine.errors import EngineError
from rehearsal.engine.settings import Settings
from rehearsal.model.definition import Pipeline, PipelineKey
from rehearsal.record.record import Record
from rehearsal.record.views import Run, Trigger
from tests.rehearsal.engine.crash.pipelines import small, whole
from tests.rehearsal.engine.crash.world import CrashWorld

GIVES_UP_SECONDS = 60.0


class NeverEnds(Exception):  # noqa: N818
    """An execution that is still in progress although everything was done for it."""


@dataclass(kw_only=True)
class Person:
    """Does things through the engine as the API does; a refusal, or a write that fails, is no end."""

    folder: Path
    first: Pipeline
    second: Pipeline

    def __post_init__(self) -> None:
        self.world = CrashWorld(folder=self.folder, mutate=self.mutate)
        self.record = Record(self.world.home.record)
        self.engine = Engine(
            record=self.record, world=self.world, settings=Settings(write_again_seconds=0.005)
        )

    @property
    def key(self) -> PipelineKey:
        return self.first.key

    def create(self, pipeline: Pipeline) -> None:
        self._try(lambda: self.engine.definitions.create(pipeline))

    def mutate(self) -> None:
        self.engine.definitions.update(self.second, restart=True)

    def start(self, token: str) -> str:
        started: list[str] = []
        self._try(
            lambda: started.append(
                self.engine.start(self.key, trigger=Trigger(kind="WebhookV2"), client_token=token)
            )
        )
        return started[0]

    def until(self, true: Callable[[], bool]) -> None:
        """Or until nothing moves any more, as after a restart that found everything ended."""
        end = time.monotonic() + GIVES_UP_SECONDS
        while not true() and not self.engine.wait_until_idle(0):
            if time.monotonic() > end:
                raise NeverEnds(self.describe())
            time.sleep(0.01)

    def waiting(self) -> list[tuple[str, str]]:
        return [
            (f"{stage.name}/{action.name}", action.token)
            for run in self.record.unfinished()
            for stage in run.stages
            for action in stage.actions
            if action.token
        ]

    def approve_all(self) -> None:
        for subject, token in self.waiting():
            self._try(
                lambda subject=subject, token=token: self.engine.approvals.decide(  # type: ignore[misc]
                    self.key, subject, token, status="Approved", summary="", by="someone"
                )
            )

    def finish(self) -> None:
        """Approve what waits, until no execution is in progress."""
        end = time.monotonic() + GIVES_UP_SECONDS
        while not self.engine.wait_until_idle(0):
            self.approve_all()
            if time.monotonic() > end:
                raise NeverEnds(self.describe())
            time.sleep(0.01)

    def stop(self, execution_id: str, *, abandon: bool) -> None:
        self._try(lambda: self.engine.stop(self.key, execution_id, abandon=abandon, reason="enough"))

    def retry_failed(self, mode: str = "FAILED_ACTIONS") -> None:
        for run in reversed(self.record.runs(limit=100)):
            for stage in run.stages:
                if run.status in ("Failed", "Stopped") and stage.status in ("Failed", "Stopped"):
                    self._retry(run, stage.name, mode)

    def _retry(self, run: Run, stage: str, mode: str) -> None:
        self._try(lambda: self.engine.retry_stage(self.key, stage, run.execution_id, mode=mode))

    def override(self, execution_id: str, kind: str) -> None:
        self._try(lambda: self.engine.override_condition(self.key, "Staging", execution_id, kind=kind))

    def transition(self, stage: str, *, enabled: bool) -> None:
        self._try(lambda: self.engine.set_transition(self.key, stage, enabled=enabled))

    def roll_back(self, target: str) -> None:
        if not any(run.kind == "ROLLBACK" for run in self.record.runs(limit=100)):
            self._try(lambda: self.engine.roll_back(self.key, "Staging", target))

    def breaks(self, what: str, *, broken: bool) -> None:
        file = self.folder / what
        file.touch() if broken else file.unlink(missing_ok=True)

    def describe(self) -> str:
        return "\n".join(
            f"{e.execution_id[:8]} {e.kind} {e.subject} {e.status}" for e in self.record.events()
        )

    def _try(self, act: Callable[[], object]) -> None:
        """As the AWS SDKs do: again where the service had an error of its own; not where it refused."""
        end = time.monotonic() + GIVES_UP_SECONDS
        while time.monotonic() < end:
            try:
                act()
            except EngineError:
                return
            except sqlite3.OperationalError:
                time.sleep(0.005)
            else:
                return
        raise NeverEnds("the disk stayed full")


@dataclass(frozen=True, kw_only=True)
class Story:
    play: Callable[[Person], None]
    setup: Callable[[Person], None] = lambda person: person.create(person.second)
    first: Pipeline = field(default_factory=small)
    second: Pipeline = field(default_factory=small)

    def person(self, folder: Path) -> Person:
        return Person(folder=folder, first=self.first, second=self.second)


def _delivered(person: Person) -> None:
    person.create(person.second)
    person.start("before")
    person.finish()


def _self_mutation(person: Person) -> None:
    person.create(person.first)
    person.start("one")
    person.finish()


def _approval(person: Person) -> None:
    person.start("one")
    person.until(lambda: bool(person.waiting()))
    person.finish()


def _roll_back(person: Person) -> None:
    person.breaks("smoke-broken", broken=True)
    person.start("one")
    person.until(lambda: len(person.record.runs()) > 2)
    person.breaks("smoke-broken", broken=False)
    person.finish()


def _roll_back_by_hand(person: Person) -> None:
    person.roll_back(person.start("before"))
    person.finish()


def _retry(mode: str) -> Callable[[Person], None]:
    def play(person: Person) -> None:
        person.breaks("smoke-broken", broken=True)
        person.start("one")
        person.until(lambda: False)
        person.breaks("smoke-broken", broken=False)
        person.retry_failed(mode)
        person.finish()

    return play


def _stop(person: Person) -> None:
    first = person.start("one")
    person.until(lambda: bool(person.waiting()))
    person.start("two")
    person.stop(first, abandon=True)
    person.until(lambda: bool(person.waiting()))
    second = person.start("two")
    person.stop(second, abandon=False)
    person.approve_all()
    person.finish()


def _conditions(person: Person) -> None:
    person.breaks("frozen", broken=True)
    first = person.start("one")
    person.until(lambda: False)
    person.override(first, "BEFORE_ENTRY")
    person.breaks("frozen", broken=False)
    person.finish()
    person.breaks("alarm", broken=True)
    second = person.start("two")
    person.until(lambda: False)
    person.override(second, "ON_SUCCESS")
    person.breaks("alarm", broken=False)
    person.finish()


def _superseded(person: Person) -> None:
    person.transition("Staging", enabled=False)
    for token in ("one", "two", "three"):
        person.start(token)
    person.until(lambda: len([run for run in person.record.runs() if run.waiting_at == "Staging"]) == 1)
    person.transition("Staging", enabled=True)
    person.finish()


STORIES: dict[str, Story] = {
    "self-mutation": Story(
        play=_self_mutation, setup=lambda _: None, first=whole(smoke=False), second=whole()
    ),
    "approval": Story(play=_approval),
    "roll-back": Story(play=_roll_back, setup=_delivered),
    "roll-back by hand": Story(play=_roll_back_by_hand, setup=_delivered),
    "retry of failed actions": Story(play=_retry("FAILED_ACTIONS")),
    "retry of all actions": Story(play=_retry("ALL_ACTIONS")),
    "automatic retry": Story(play=_retry("FAILED_ACTIONS"), second=small(on_failure="RETRY")),
    "stop": Story(play=_stop),
    "conditions": Story(play=_conditions, second=small(conditions=True)),
    "superseded": Story(play=_superseded, second=small(mode="SUPERSEDED")),
}
