# ruff: noqa: ARG002 - fakes answer without looking at everything
"""An in-memory world for the engine: providers that do what their action's configuration says.

`do` is `succeed` (the default), `fail`, `fail-once`, `hold` (until the script releases it), `deaf` (held,
and does not listen when cancelled), `approve` or `update` (the pipeline becomes `pipeline-2.json`).
`set` is a JSON object of output variables, `say` is logged, so that resolved variables can be seen.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from rehearsal.engine.ledger import Notice
from rehearsal.engine.ports import ActionRequest, Artifacts, RuleRequest, Sessions, UnsupportedAction
from rehearsal.home import Home
from rehearsal.model.definition import Action, ActionType, Pipeline, Rule
from rehearsal.model.results import ActionResult, Failure, S3Object, SourceRevision

FAILED = ActionResult(failure=Failure(code="JobFailed", message="as it was told"))


@dataclass
class FakeWorld:
    home: Home
    update: Callable[[], None] = lambda: None
    held: dict[str, threading.Event] = field(default_factory=dict)
    holders: Counter[str] = field(default_factory=Counter)
    """How many attempts at an action wait for a release, abandoned ones included."""
    runs: Counter[str] = field(default_factory=Counter)
    ran: list[tuple[str, str]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    alarms: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def provider(self, action_type: ActionType) -> "FakeProvider":
        if action_type.provider == "Unknown":
            raise UnsupportedAction("provider 'Unknown' is not supported")
        return FakeProvider(self)

    def rule(self, provider: str) -> "FakeRule":
        return FakeRule(self)

    def check_role(self, pipeline: Pipeline) -> None:
        pass

    def sessions(self, pipeline: Pipeline) -> Sessions:
        return cast(Sessions, None)

    def artifacts(
        self,
        *,
        pipeline: Pipeline,
        action: Action,
        sessions: Sessions,
        inputs: Mapping[str, S3Object],
        workdir: Path,
    ) -> Artifacts:
        return cast(Artifacts, dict(inputs))

    def announce(self, notice: Notice) -> None:
        self.notices.append(notice)

    def hold(self, subject: str) -> threading.Event:
        with self.lock:
            return self.held.setdefault(subject, threading.Event())

    @contextmanager
    def holding(self, subject: str) -> Iterator[None]:
        with self.lock:
            self.holders[subject] += 1
        try:
            yield
        finally:
            with self.lock:
                self.holders[subject] -= 1

    def release(self, subject: str) -> None:
        """Let the action that is held now, or is held next, go on."""
        self.hold(subject).set()


@dataclass
class FakeProvider:
    world: FakeWorld

    def check(self, action: Action) -> None:
        if "Unsupported" in action.configuration:
            raise UnsupportedAction("configuration field 'Unsupported' is not supported; leave it out")

    def run(self, request: ActionRequest) -> ActionResult:
        wish = request.action.configuration
        subject = f"{request.stage}/{request.action.name}"
        with self.world.lock:
            self.world.runs[subject] += 1
            self.world.ran.append((request.execution_id, subject))
        for name in sorted(cast(Mapping[str, Any], request.artifacts)):
            request.log(f"input {name}")
        if "say" in wish:
            request.log(wish["say"])
        if not self._done(wish.get("do", "succeed"), subject, request):
            return FAILED
        return self._made(request)

    def _done(self, wish: str, subject: str, request: ActionRequest) -> bool:
        if wish in ("hold", "deaf"):
            return self._held(subject, request, listens=wish == "hold")
        if wish == "approve":
            return _approved(self.world, request)
        if wish == "update":
            self.world.update()
        if wish == "raise":
            raise RuntimeError("the provider broke")
        return wish != "fail" and (wish != "fail-once" or self.world.runs[subject] > 1)

    def _held(self, subject: str, request: ActionRequest, *, listens: bool) -> bool:
        released = self.world.hold(subject)
        with self.world.holding(subject):
            while True:
                let_go = released.wait(0.005)
                if listens and request.cancelled.is_set():
                    return False  # a release is meant for whoever is still heard
                if let_go:
                    released.clear()
                    return True

    def _made(self, request: ActionRequest) -> ActionResult:
        action = request.action
        revision = None
        if action.type.category == "Source":
            revision = request.revision or SourceRevision(revision_id=f"newest-of-{action.name}")
        return ActionResult(
            output_artifacts={
                name: S3Object(bucket="artifacts", key=f"{request.execution_id}/{name}")
                for name in action.output_artifacts
                if action.configuration.get("make") != "nothing"
            },
            variables=json.loads(action.configuration.get("set", "{}")),
            revision=revision,
        )


def _approved(world: FakeWorld, request: ActionRequest) -> bool:
    assert request.approvals is not None
    if not request.approvals.announced:
        world.asked.append(request.action.name)
    token = request.approvals.ask(expires=datetime.now(UTC) + timedelta(days=7))
    while not request.cancelled.is_set():
        answer = request.approvals.answer(token, wait_seconds=0.02)
        if answer:
            return answer.approved
    return False


@dataclass
class FakeRule:
    """Met as long as the alarm that it names is not in ALARM; `Hold` waits for the script."""

    world: FakeWorld

    def check(self, rule: Rule) -> None:
        pass

    def evaluate(self, rule: Rule, request: RuleRequest) -> Failure | None:
        if "Hold" in rule.configuration:
            released = self.world.hold(f"{request.stage}/{rule.name}")
            while not released.wait(0.005) and not request.cancelled.is_set():
                pass
        alarm = rule.configuration.get("AlarmName", "")
        state = self.world.alarms.get(alarm, "OK")
        if state == "ALARM":
            return Failure(code="JobFailed", message=f"alarm {alarm} is in {state}")
        return None
