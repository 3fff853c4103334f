"""Runs one group of actions: each in a thread of its own, each with its own deadline.

The thread that runs a provider and whoever else may end the action (its deadline, a stop, a
cancelled execution) race for `Task.settle`; the first decides and the others are not heard. So a
stage never waits for a provider that does not listen.
"""

import shutil
import tempfile
import threading
import traceback
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rehearsal.engine.approvals import ApprovalDesk, JobDesk, Question
from rehearsal.engine.execution import Execution, Task
from rehearsal.engine.lane import Lane
from rehearsal.engine.ledger import Ledger
from rehearsal.engine.ports import ActionRequest, ActionResult, Failure, S3Object, UnsupportedAction
from rehearsal.engine.settings import Settings
from rehearsal.engine.timeouts import Deadlines, timeout_minutes
from rehearsal.engine.world import World
from rehearsal.model.definition import Action, Stage
from rehearsal.model.transitions import Event
from rehearsal.model.variables import UnresolvedVariable, resolve_action


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One action that runs now."""

    execution: Execution
    stage: Stage
    action: Action
    id: str
    lane: Lane
    announced: bool = False
    """True for an approval that waited already when the daemon ended."""
    task: Task = field(default_factory=Task)


@dataclass(kw_only=True)
class ActionRunner:
    world: World
    ledger: Ledger
    settings: Settings
    deadlines: Deadlines
    approvals: ApprovalDesk
    jobs: JobDesk

    def run_group(
        self,
        execution: Execution,
        stage: Stage,
        group: Sequence[Action],
        *,
        lane: Lane,
        resumed: Mapping[str, str],
    ) -> list[ActionResult]:
        """Wait for all; what they made is part of the execution afterwards.

        `resumed` holds the action execution ids of approvals that go on waiting after a restart.
        """
        attempts = [
            Attempt(
                execution=execution,
                stage=stage,
                action=action,
                lane=lane,
                id=resumed.get(action.name) or str(uuid.uuid4()),
                announced=action.name in resumed,
            )
            for action in group
        ]
        for attempt in attempts:
            self._begin(attempt)
        for attempt in attempts:
            attempt.task.done.wait()
        return [attempt.task.result for attempt in attempts]

    def settle(self, attempt: Attempt, result: ActionResult, *, abandoned: bool = False) -> None:
        """Decide how the attempt ended, if nobody has yet."""
        event: Event = "abandon" if abandoned else "succeed" if result.succeeded else "fail"
        with attempt.lane.changed:
            if attempt.task.settle(event, result):
                attempt.execution.tasks.pop(attempt.id, None)
                self.ledger.end_action(
                    attempt.execution,
                    attempt.stage,
                    attempt.action,
                    attempt.id,
                    attempt.task,
                    updated_by=self.approvals.answered_by(attempt.id) if _asks(attempt.action) else "",
                )
        attempt.task.done.set()

    def _abandon(self, attempt: Attempt, reason: str, grace: float) -> None:
        self.settle(attempt, ActionResult(summary=reason), abandoned=True)
        if grace:
            self.deadlines.after(grace, attempt.task.cancelled.set)
        else:
            attempt.task.cancelled.set()

    def _begin(self, attempt: Attempt) -> None:
        with attempt.lane.changed:
            attempt.execution.tasks[attempt.id] = partial(self._abandon, attempt)
            action, failure = self._resolved(attempt)
            if not attempt.announced:
                self.ledger.start_action(
                    attempt.execution, attempt.stage, action, attempt.id, _inputs(attempt)
                )
        if failure:
            self.settle(attempt, ActionResult(failure=failure))
            return
        threading.Thread(
            target=self._perform, args=(attempt, action), name=f"action {action.name}", daemon=True
        ).start()

    def _resolved(self, attempt: Attempt) -> tuple[Action, Failure | None]:
        try:
            return resolve_action(attempt.action, attempt.execution.scope()), None
        except UnresolvedVariable as error:
            return attempt.action, Failure(code="ConfigurationError", message=str(error))

    def _perform(self, attempt: Attempt, action: Action) -> None:
        deadline = self._set_deadline(attempt)
        workdir = Path(tempfile.mkdtemp(prefix="action-"))
        try:
            result = self._run(attempt, action, workdir)
        finally:
            self.deadlines.off(deadline)
            shutil.rmtree(workdir, ignore_errors=True)
        self.settle(attempt, result)

    def _set_deadline(self, attempt: Attempt) -> int:
        minutes = timeout_minutes(attempt.action)

        def expire() -> None:
            failure = Failure(code="TimedOut", message=f"the action did not end within {minutes} minutes")
            attempt.task.cancelled.set()
            self.settle(attempt, ActionResult(failure=failure))

        return self.deadlines.after(minutes * self.settings.seconds_per_minute, expire)

    def _run(self, attempt: Attempt, action: Action, workdir: Path) -> ActionResult:
        try:
            provider = self.world.provider(action.type)
            provider.check(action)
            return _checked(action, provider.run(self._request(attempt, action, workdir)))
        except UnsupportedAction as error:
            return ActionResult(failure=Failure(code="ConfigurationError", message=str(error)))
        except Exception as error:
            self.ledger.recorder.log(attempt.id, traceback.format_exc())
            return ActionResult(
                failure=Failure(code="SystemUnavailable", message=f"{type(error).__name__}: {error}")
            )

    def _request(self, attempt: Attempt, action: Action, workdir: Path) -> ActionRequest:
        execution, recorder = attempt.execution, self.ledger.recorder
        sessions = self.world.sessions(execution.pipeline)
        return ActionRequest(
            pipeline=execution.key.name,
            stage=attempt.stage.name,
            action=action,
            execution_id=execution.id,
            action_execution_id=attempt.id,
            account=execution.key.account,
            region=action.region or execution.key.region,
            artifacts=self.world.artifacts(
                pipeline=execution.pipeline,
                action=action,
                sessions=sessions,
                inputs=_inputs(attempt),
                workdir=workdir,
            ),
            sessions=sessions,
            workdir=workdir,
            log=lambda line: recorder.log(attempt.id, line),
            progress=lambda word: recorder.progress(attempt.id, word),
            cancelled=attempt.task.cancelled,
            revision=execution.overrides.get(action.name),
            home=self.world.home,
            approvals=Question(
                self.approvals,
                attempt.id,
                attempt.announced and self.approvals.asked(attempt.id),
                lambda: recorder.progress(attempt.id, "waiting for an answer"),
            ),
            jobs=self.jobs,
        )


def _asks(action: Action) -> bool:
    return action.type.category == "Approval"


def _inputs(attempt: Attempt) -> dict[str, S3Object]:
    known = attempt.execution.artifacts
    return {name: known[name] for name in attempt.action.input_artifacts if name in known}


def _checked(action: Action, result: ActionResult) -> ActionResult:
    """An action that says it succeeded must have made what it declares."""
    missing = sorted(set(action.output_artifacts) - set(result.output_artifacts))
    if result.succeeded and missing:
        message = f"the action succeeded without making its output artifact {missing[0]!r}"
        return ActionResult(failure=Failure(code="JobFailed", message=message))
    return result
