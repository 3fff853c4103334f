"""Runs one group of actions, each in its own thread and with its own deadline.

Several threads can end an action: its provider's, its deadline's, or the one that stops or cancels the
execution. Each calls `Task.settle`; the first call wins and later ones have no effect. So a stage never waits
for a provider that ignores its stop signal.
"""

import logging
import shutil
import tempfile
import threading
import time
import traceback
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from rehearsal.engine.approvals import ApprovalDesk, JobDesk, JobsOfAction, Question
from rehearsal.engine.errors import Halted
from rehearsal.engine.execution import Execution, Task
from rehearsal.engine.lane import Lane
from rehearsal.engine.ledger import Ledger
from rehearsal.engine.ports import ActionRequest, UnsupportedAction, UnsupportedType
from rehearsal.engine.settings import Settings
from rehearsal.engine.skipping import how_to_skip, skipped
from rehearsal.engine.timeouts import Deadlines, timeout_minutes
from rehearsal.engine.world import World
from rehearsal.model.definition import Action, Stage
from rehearsal.model.results import ActionResult, Failure, S3Object
from rehearsal.model.transitions import Event
from rehearsal.model.variables import UnresolvedVariable, resolve_action

_log = logging.getLogger("rehearsal.engine")


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One running action."""

    execution: Execution
    stage: Stage
    action: Action
    id: str
    lane: Lane
    announced: bool = False
    """True for an approval that was already waiting when the last daemon ended."""
    task: Task = field(default_factory=Task)

    @property
    def skipped(self) -> bool:
        return self.execution.options.skips(self.stage.name, self.action.name, self.execution.pipeline)


@dataclass(kw_only=True)
class ActionRunner:
    """If the end of an action cannot be recorded, `run_group` raises the reason and the execution fails."""

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
        """Wait for all actions and add their results to the execution.

        `resumed` contains the action execution ids of approvals that continue to wait after a restart.
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
        begun = self._begin_all(attempts)
        for attempt in begun:
            attempt.task.done.wait()
        for attempt in begun:
            if attempt.task.unwritten:
                raise attempt.task.unwritten
        if len(begun) < len(attempts) or any(attempt.task.event == "abandon" for attempt in begun):
            raise Halted
        return [attempt.task.result for attempt in attempts]

    def _begin_all(self, attempts: list[Attempt]) -> list[Attempt]:
        """Start the actions; returns only those started before the execution was halted, if it was."""
        begun: list[Attempt] = []
        try:
            for attempt in attempts:
                self._begin(attempt)
                begun.append(attempt)
        except Halted:
            return begun
        except Exception:
            for attempt in begun:  # the execution ends now; nothing may be recorded for it afterwards
                self._abandon(attempt, "another action of the group could not be begun", 0, record=False)
            raise
        return begun

    def settle(self, attempt: Attempt, result: ActionResult) -> None:
        """Record the result of the attempt, unless it has one already."""
        event: Event = "succeed" if result.succeeded else "fail"
        unwritten: Exception | None = None
        with attempt.lane.changed:
            if attempt.task.settled:
                return
            try:
                self._record_end(attempt, event, result)
            except Exception as error:
                unwritten = error
            attempt.execution.tasks.pop(attempt.id, None)
            attempt.task.settle(event, result, unwritten=unwritten)

    def _record_end(self, attempt: Attempt, event: Event, result: ActionResult) -> None:
        self.ledger.end_action(
            attempt.execution,
            attempt.stage,
            attempt.action,
            attempt.id,
            event=event,
            result=result,
            updated_by=self.approvals.answered_by(attempt.id) if _asks(attempt.action) else "",
        )

    def _abandon(self, attempt: Attempt, reason: str, grace: float, *, record: bool = True) -> None:
        result = ActionResult(summary=reason)
        with attempt.lane.changed:
            if not attempt.task.settled:
                if record:
                    self._record_end(attempt, "abandon", result)
                self.ledger.then(partial(self._let_go, attempt, result, grace))

    def _let_go(self, attempt: Attempt, result: ActionResult, grace: float) -> None:
        attempt.execution.tasks.pop(attempt.id, None)
        attempt.task.settle("abandon", result)
        if grace:
            self.deadlines.after(grace, attempt.task.cancelled.set)
        else:
            attempt.task.cancelled.set()

    def _begin(self, attempt: Attempt) -> None:
        with attempt.lane.changed:
            if attempt.execution.halt is not None:
                raise Halted
            action, failure = self._resolved(attempt)
            if not attempt.announced:
                self.ledger.start_action(
                    attempt.execution, attempt.stage, action, attempt.id, _inputs(attempt)
                )
            attempt.execution.tasks[attempt.id] = partial(self._abandon, attempt)
        if failure:
            self.settle(attempt, ActionResult(failure=failure))
            return
        threading.Thread(
            target=self._perform, args=(attempt, action), name=f"action {action.name}", daemon=True
        ).start()

    def _resolved(self, attempt: Attempt) -> tuple[Action, Failure | None]:
        if attempt.skipped:  # its variables may be those of another skipped action
            return attempt.action, None
        try:
            return resolve_action(attempt.action, attempt.execution.scope()), None
        except UnresolvedVariable as error:
            return attempt.action, Failure(code="ConfigurationError", message=str(error))

    def _perform(self, attempt: Attempt, action: Action) -> None:
        deadline = self._set_deadline(attempt)
        try:
            result = self._in_folder(attempt, action)
        except Exception as error:
            _log.exception("action %s broke", action.name)
            result = _broken(error)
        finally:
            self.deadlines.off(deadline)
        self.settle(attempt, result)

    def _in_folder(self, attempt: Attempt, action: Action) -> ActionResult:
        workdir = Path(tempfile.mkdtemp(prefix="action-"))
        try:
            return self._run(attempt, action, workdir)
        finally:
            shutil.rmtree(workdir, ignore_errors=True)

    def _set_deadline(self, attempt: Attempt) -> int:
        minutes = timeout_minutes(attempt.action)
        seconds = minutes * self.settings.seconds_per_minute
        if attempt.announced and (started := self.approvals.asked_at(attempt.id)):
            seconds -= time.time() - started  # includes the time that it waited in an earlier daemon

        def expire() -> None:
            failure = Failure(code="TimedOut", message=f"the action did not end within {minutes} minutes")
            attempt.task.cancelled.set()
            self.settle(attempt, ActionResult(failure=failure))

        return self.deadlines.after(seconds, expire)

    def _run(self, attempt: Attempt, action: Action, workdir: Path) -> ActionResult:
        stage = attempt.stage.name
        if attempt.skipped:
            return skipped(stage, action)
        try:
            provider = self.world.provider(action.type)
            provider.check(action)
            return _checked(action, provider.run(self._request(attempt, action, workdir)))
        except UnsupportedType as error:
            message = f"{error}; {how_to_skip([(stage, action.name)])}"
            return ActionResult(failure=Failure(code="ConfigurationError", message=message))
        except UnsupportedAction as error:
            return ActionResult(failure=Failure(code="ConfigurationError", message=str(error)))
        except Exception as error:
            self.ledger.recorder.log(attempt.id, traceback.format_exc())
            return _broken(error)

    def _request(self, attempt: Attempt, action: Action, workdir: Path) -> ActionRequest:
        execution, recorder = attempt.execution, self.ledger.recorder
        sessions = self.world.sessions(execution.pipeline)
        expires = self.approvals.expires(attempt.id)
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
            reuse_builds=execution.options.reuse_builds,
            bake_seconds=execution.options.bake_seconds,
            home=self.world.home,
            approvals=Question(
                self.approvals,
                attempt.id,
                attempt.announced and expires is not None,
                expires,
                lambda: recorder.progress(attempt.id, "waiting for an answer"),
            ),
            jobs=JobsOfAction(self.jobs, execution.key, _job_context(attempt)),
        )


def _job_context(attempt: Attempt) -> dict[str, Any]:
    kind, execution = attempt.action.type, attempt.execution
    return {
        "actionTypeId": {
            "category": kind.category,
            "owner": kind.owner,
            "provider": kind.provider,
            "version": kind.version,
        },
        "pipelineContext": {
            "pipelineName": execution.key.name,
            "pipelineArn": execution.pipeline.arn,
            "pipelineExecutionId": execution.id,
            "stage": {"name": attempt.stage.name},
            "action": {"name": attempt.action.name, "actionExecutionId": attempt.id},
        },
    }


def _broken(error: Exception) -> ActionResult:
    return ActionResult(failure=Failure(code="SystemUnavailable", message=f"{type(error).__name__}: {error}"))


def _asks(action: Action) -> bool:
    return action.type.category == "Approval"


def _inputs(attempt: Attempt) -> dict[str, S3Object]:
    known = attempt.execution.artifacts
    return {name: known[name] for name in attempt.action.input_artifacts if name in known}


def _checked(action: Action, result: ActionResult) -> ActionResult:
    """Fail an action that succeeded without producing its declared output artifacts."""
    missing = sorted(set(action.output_artifacts) - set(result.output_artifacts))
    if result.succeeded and missing:
        message = f"the action succeeded without producing its output artifact {missing[0]!r}"
        return ActionResult(failure=Failure(code="JobFailed", message=message))
    return result
