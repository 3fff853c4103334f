"""A world whose effects outlive the process: every action that really did something leaves a line in a file.

`fails_while` in an action's configuration, and a rule's `AlarmName`, name a file of the folder: as long as
it is there, the action fails and the rule is not met. An action waits as long as there is a file
`<its name>-waits`, whatever it is told meanwhile.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from rehearsal.engine.ledger import Notice
from rehearsal.engine.ports import ActionRequest, Artifacts, RuleRequest, Sessions
from rehearsal.home import Home
from rehearsal.model.definition import Action, ActionType, Pipeline, Rule
from rehearsal.model.results import ActionResult, Failure, S3Object, SourceRevision

FAILED = ActionResult(failure=Failure(code="JobFailed", message="as it was told"))


@dataclass(kw_only=True)
class CrashWorld:
    folder: Path
    mutate: Callable[[], None] = lambda: None

    @property
    def home(self) -> Home:
        return Home(self.folder)

    def provider(self, _type: ActionType) -> "CrashProvider":
        return CrashProvider(self)

    def rule(self, _provider: str) -> "CrashRule":
        return CrashRule(self)

    def check_role(self, pipeline: Pipeline) -> None:
        pass

    def sessions(self, _pipeline: Pipeline) -> Sessions:
        return cast(Sessions, None)

    def artifacts(
        self,
        *,
        pipeline: Pipeline,  # noqa: ARG002
        action: Action,  # noqa: ARG002
        sessions: Sessions,  # noqa: ARG002
        inputs: Mapping[str, S3Object],
        workdir: Path,  # noqa: ARG002
    ) -> Artifacts:
        return cast(Artifacts, dict(inputs))

    def announce(self, notice: Notice) -> None:
        pass

    def happened(self, *words: str) -> None:
        """One write, so that it is there whole or not at all."""
        file = os.open(self.folder / "effects", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, (" ".join(words) + "\n").encode())
        os.close(file)

    def effects(self) -> list[list[str]]:
        found = self.folder / "effects"
        return [line.split(" ") for line in found.read_text().splitlines()] if found.exists() else []


@dataclass
class CrashProvider:
    world: CrashWorld

    def check(self, action: Action) -> None:
        pass

    def run(self, request: ActionRequest) -> ActionResult:
        wish, action = request.action.configuration, request.action
        subject = f"{request.stage}/{action.name}"
        missing = set(action.input_artifacts) - set(cast(Mapping[str, Any], request.artifacts))
        for name in sorted(missing):
            self.world.happened("missing", request.execution_id, f"{subject}:{name}")
        if wish.get("do") == "approve":
            return ActionResult() if _approved(request) else FAILED
        reuse = f"reuse={request.reuse_builds},bake={request.bake_seconds}"
        self.world.happened("did", request.execution_id, subject, request.action_execution_id, reuse)
        if action.type.category == "Source":
            request.log(f"{subject} works")
            request.progress("BUILD")
        if wish.get("do") == "mutate":
            self.world.mutate()
        while (self.world.folder / f"{action.name.lower()}-waits").exists():
            time.sleep(0.005)
        if (self.world.folder / wish.get("fails_while", "no such file")).exists():
            return FAILED
        return _made(request)


def _made(request: ActionRequest) -> ActionResult:
    source = request.action.type.category == "Source"
    return ActionResult(
        output_artifacts={
            name: S3Object(bucket="artifacts", key=f"{request.execution_id}/{name}")
            for name in request.action.output_artifacts
        },
        variables={"Id": request.action_execution_id},
        revision=request.revision or SourceRevision(revision_id="c0ffee") if source else None,
    )


def _approved(request: ActionRequest) -> bool:
    assert request.approvals is not None
    token = request.approvals.ask(expires=datetime.now(UTC) + timedelta(days=7))
    while not request.cancelled.is_set():
        if answer := request.approvals.answer(token, wait_seconds=0.02):
            return answer.approved
    return False


@dataclass
class CrashRule:
    world: CrashWorld

    def check(self, rule: Rule) -> None:
        pass

    def evaluate(self, rule: Rule, request: RuleRequest) -> Failure | None:
        request.log("looks")
        self.world.happened("baked", request.execution_id, str(request.bake_seconds))
        while (self.world.folder / "look-waits").exists():
            time.sleep(0.005)
        if (self.world.folder / rule.configuration["AlarmName"]).exists():
            return Failure(code="JobFailed", message="the alarm is in ALARM")
        return None
