"""Plays one scenario: a pipeline, a script of what people and the world do, the timeline it must give.

A line of the timeline reads `first: stage Deploy Succeeded`. Executions are named by the script;
one that the engine starts itself is `rollback of <name>` or `repeat of <name>`. Lines in a nested
list may come in any order, because their actions run side by side.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from rehearsal.engine.engine import Engine
from rehearsal.engine.errors import EngineError
from rehearsal.engine.settings import Settings
from rehearsal.home import Home
from rehearsal.model.definition import Pipeline, PipelineKey
from rehearsal.model.options import ExecutionOptions
from rehearsal.model.parse import parse
from rehearsal.model.results import SourceRevision
from rehearsal.record.record import Record
from rehearsal.record.views import Event, Run, Trigger
from tests.patience import PATIENCE, until
from tests.rehearsal.engine.fakes import FakeWorld

ACCOUNT, REGION = "111111111111", "eu-west-1"


@dataclass
class Play:
    folder: Path
    root: Path
    names: dict[str, str] = field(default_factory=dict)
    """Execution ids by the script's names."""
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.script = yaml.safe_load((self.folder / "script.yaml").read_text())
        self.home = Home(self.root)
        self.world = FakeWorld(self.home, update=self._update)
        self.settings = Settings(**self.script.get("settings", {}))
        self.record = Record(self.home.record)
        self.engine = Engine(record=self.record, world=self.world, settings=self.settings)
        self.engine.definitions.create(self.pipeline("pipeline.json"))

    @property
    def key(self) -> PipelineKey:
        return self.pipeline("pipeline.json").key

    def pipeline(self, name: str) -> Pipeline:
        declared = json.loads((self.folder / name).read_text())
        return parse(declared, account=ACCOUNT, region=REGION)

    def run(self) -> None:
        for step in self.script["steps"]:
            verb, subject = next(iter(step.items()))
            getattr(self, f"do_{verb}")(subject, step)
        self._until(lambda: self.engine.wait_until_idle(0), "an execution did not end")
        assert self.engine.wait_until_idle(PATIENCE), "an execution did not end"

    # What a script can say.

    def do_start(self, name: str, step: dict[str, Any]) -> None:
        overrides = {
            action: SourceRevision(revision_id=revision)
            for action, revision in step.get("revisions", {}).items()
        }
        self._refusable(
            step,
            lambda: self.names.__setitem__(
                name,
                self.engine.start(
                    self.key,
                    trigger=Trigger(kind="StartPipelineExecution"),
                    values=step.get("values"),
                    overrides=overrides,
                    client_token=self._token(step),
                ),
            ),
        )

    def _token(self, step: dict[str, Any]) -> str | None:
        """One under which the options of the step are left, where it has any."""
        if "options" not in step:
            return None
        token = f"token-{len(self.names)}"
        self.record.start_options.leave(token, ExecutionOptions(**step["options"]))
        return token

    def do_wait(self, line: str, _step: dict[str, Any]) -> None:
        self._until(lambda: line in self.lines(), f"no line {line!r}")

    def do_release(self, subject: str, _step: dict[str, Any]) -> None:
        self.world.release(subject)

    def do_approve(self, name: str, step: dict[str, Any]) -> None:
        self._decide(name, "Approved", step)

    def do_reject(self, name: str, step: dict[str, Any]) -> None:
        self._decide(name, "Rejected", step)

    def do_alarm(self, states: dict[str, str], _step: dict[str, Any]) -> None:
        self.world.alarms.update(states)

    def do_stop(self, name: str, step: dict[str, Any]) -> None:
        abandon = step.get("abandon", False)
        self._refusable(
            step, lambda: self.engine.stop(self.key, self.names[name], abandon=abandon, reason="enough")
        )

    def do_retry(self, name: str, step: dict[str, Any]) -> None:
        mode = step.get("mode", "FAILED_ACTIONS")
        self._refusable(
            step, lambda: self.engine.retry_stage(self.key, step["stage"], self.names[name], mode=mode)
        )

    def do_rollback(self, name: str, step: dict[str, Any]) -> None:
        target = self.names.get(step["to"], step["to"])
        self._refusable(
            step,
            lambda: self.names.__setitem__(name, self.engine.roll_back(self.key, step["stage"], target)),
        )

    def do_override(self, name: str, step: dict[str, Any]) -> None:
        self._refusable(
            step,
            lambda: self.engine.override_condition(
                self.key, step["stage"], self.names[name], kind=step["kind"]
            ),
        )

    def do_disable(self, stage: str, _step: dict[str, Any]) -> None:
        self.engine.set_transition(self.key, stage, enabled=False, reason="freeze")

    def do_enable(self, stage: str, _step: dict[str, Any]) -> None:
        self.engine.set_transition(self.key, stage, enabled=True)

    def do_drain(self, subject: str, _step: dict[str, Any]) -> None:
        """Release the action until nothing runs, an abandoned attempt that still waits included."""
        while not self.engine.wait_until_idle(0.02) or self.world.holders[subject]:
            self.world.release(subject)
        self.world.hold(subject).clear()  # a release that nobody took is not for the next attempt

    def do_settle(self, name: str, _step: dict[str, Any]) -> None:
        self._until(lambda: bool(self._tokens(name)), f"{name} has no pending approval")

    def do_check(self, wanted: dict[str, str], _step: dict[str, Any]) -> None:
        name, door = wanted["execution"], wanted["waiting_at"]
        self._until(lambda: self.outcome(name).waiting_at == door, f"{name} does not wait at {door}")

    def do_update(self, name: str, step: dict[str, Any]) -> None:
        self.engine.definitions.update(self.pipeline(name), restart=step.get("restart", False))

    def do_daemon(self, how: str, _step: dict[str, Any]) -> None:
        """`ends` gracefully or `dies`; then the next one begins."""
        if how == "ends":
            self.engine.shut_down()
        else:
            self.engine._ledger.closed = True
        self.record = Record(self.home.record)
        self.engine = Engine(record=self.record, world=self.world, settings=self.settings)
        self.engine.begin()

    # What came of it.

    def lines(self) -> list[str]:
        self._name_the_others()
        names = {identifier: name for name, identifier in self.names.items()}
        events = (event for event in self.record.events() if event.status != "Waiting")
        return [_line(event, names) for event in events if event.execution_id in names and _told(event)]

    def outcome(self, name: str) -> Run:
        self._name_the_others()
        return self.record.run(self.names[name])

    def said(self, name: str) -> list[str]:
        """Every log line of the execution's actions."""
        run = self.outcome(name)
        ids = [action.action_execution_id for stage in run.stages for action in stage.actions]
        return [line.text for found in ids if found for line in self.record.log(found)]

    def _update(self) -> None:
        """A self-mutation; a definition that differs every time where the script says so."""
        pipeline = self.pipeline("pipeline-2.json")
        if self.script.get("unstable"):
            declared = json.loads((self.folder / "pipeline-2.json").read_text())
            action = declared["stages"][-1]["actions"][0]
            action.setdefault("configuration", {})["stamp"] = str(time.monotonic_ns())
            pipeline = parse(declared, account=ACCOUNT, region=REGION)
        self.engine.definitions.update(pipeline, restart=self.script.get("restart", True))

    def _decide(self, name: str, status: str, step: dict[str, Any]) -> None:
        self._until(lambda: bool(self._tokens(name)), f"{name} has no pending approval")
        token = step.get("token") or self._tokens(name)[0]
        self._refusable(
            step,
            lambda: self.engine.approvals.decide(
                self.key, self._asking(name), token, status=status, summary="seen", by="someone"
            ),
        )

    def _tokens(self, name: str) -> list[str]:
        run = self.outcome(name)
        return [action.token for stage in run.stages for action in stage.actions if action.token]

    def _asking(self, name: str) -> str:
        return next(
            f"{stage.name}/{action.name}"
            for stage in self.outcome(name).stages
            for action in stage.actions
            if action.token
        )

    def _name_the_others(self) -> None:
        known = {identifier: name for name, identifier in self.names.items()}
        for run in reversed(self.record.runs(limit=100)):
            if run.execution_id in known:
                continue
            origin = known.get(run.restart_of or "") or known.get(run.rollback_of or "")
            if origin:
                kind = "repeat" if run.restart_of else "rollback"
                self.names[f"{kind} of {origin}"] = run.execution_id
                known[run.execution_id] = f"{kind} of {origin}"

    def _refusable(self, step: dict[str, Any], act: Callable[[], None]) -> None:
        code = None
        try:
            act()
        except EngineError as error:
            code = error.code
        assert code == step.get("refused"), step

    def _until(self, true: Callable[[], bool], complaint: str) -> None:
        until(true, lambda: complaint + "\n" + "\n".join(self.lines()))


def _told(event: Event) -> bool:
    """Progress words are not part of a timeline."""
    return event.kind != "action" or event.status != "InProgress" or not event.message


def _line(event: Event, names: dict[str, str]) -> str:
    name = names[event.execution_id]
    if event.kind == "execution":
        return f"{name}: {event.status}"
    return f"{name}: {event.kind} {event.subject} {event.status}"


def fits(lines: list[str], expected: list[Any]) -> bool:
    """Nested lists stand for their lines in any order."""
    rest = list(lines)
    for item in expected:
        wanted = item if isinstance(item, list) else [item]
        if sorted(rest[: len(wanted)]) != sorted(wanted):
            return False
        rest = rest[len(wanted) :]
    return not rest
