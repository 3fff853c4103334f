"""Evaluates a stage's conditions: all rules of a condition in parallel, each with its own deadline."""

import logging
import shutil
import tempfile
import threading
import uuid
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from rehearsal.engine.execution import Execution, Task
from rehearsal.engine.lane import Lane
from rehearsal.engine.ledger import Ledger
from rehearsal.engine.ports import RuleRequest, UnsupportedAction
from rehearsal.engine.settings import Settings
from rehearsal.engine.timeouts import Deadlines, rule_timeout_minutes
from rehearsal.engine.world import World
from rehearsal.model.definition import Action, ActionType, Condition, FailureResult, Rule, Stage
from rehearsal.model.results import ActionResult, Failure
from rehearsal.model.transitions import CONDITION, Event
from rehearsal.model.variables import UnresolvedVariable, resolve_rule

_log = logging.getLogger("rehearsal.engine")

Kind = Literal["BEFORE_ENTRY", "ON_SUCCESS", "ON_FAILURE"]


@dataclass(frozen=True, kw_only=True)
class Unmet:
    """A condition that is not met, and the result that its definition configures for this."""

    result: FailureResult
    message: str


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One running evaluation of a rule."""

    execution: Execution
    stage: Stage
    rule: Rule
    lane: Lane
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    task: Task = field(default_factory=Task)


@dataclass(kw_only=True)
class ConditionRunner:
    world: World
    ledger: Ledger
    settings: Settings
    deadlines: Deadlines

    def unmet(
        self,
        execution: Execution,
        stage: Stage,
        conditions: tuple[Condition, ...],
        *,
        kind: Kind,
        lane: Lane,
    ) -> Unmet | None:
        """The first condition that is not met; None if all are met or none is defined."""
        for condition in conditions:
            if found := self._evaluate(execution, stage, condition, kind, lane):
                return found
        return None

    def _evaluate(
        self, execution: Execution, stage: Stage, condition: Condition, kind: Kind, lane: Lane
    ) -> Unmet | None:
        number = self.ledger.recorder.start_condition(
            execution.id,
            stage=stage.name,
            attempt=execution.state_of(stage).attempt,
            kind=kind,
            result=condition.result,
            status=CONDITION.start,
        )
        evaluations = [
            Evaluation(execution=execution, stage=stage, rule=rule, lane=lane) for rule in condition.rules
        ]
        for begun, evaluation in enumerate(evaluations):
            try:
                self._begin(evaluation, number)
            except Exception:
                for other in evaluations[:begun]:
                    self._abandon(other, "another rule could not be started", 0, record=False)
                raise
        for evaluation in evaluations:
            evaluation.task.done.wait()
        for evaluation in evaluations:
            if evaluation.task.unwritten:
                raise evaluation.task.unwritten
        failures = [(e.rule, e.task.result.failure) for e in evaluations if e.task.result.failure]
        message = "; ".join(f"rule {rule.name}: {found.message}" for rule, found in failures if found)
        event: Event = "cancel" if execution.halt else "fail" if failures else "succeed"
        if not self.ledger.closed and execution.halt != "cancel":  # cancelling ends the conditions itself
            self.ledger.recorder.end_condition(
                number,
                execution_id=execution.id,
                subject=f"{stage.name}/{kind}",
                status=CONDITION.next(CONDITION.start, event),
                summary=message,
            )
        return Unmet(result=condition.result, message=message) if failures else None

    def _abandon(self, evaluation: Evaluation, reason: str, _grace: float, *, record: bool = True) -> None:
        failure = Failure(code="JobFailed", message=reason)
        with evaluation.lane.changed:
            if not evaluation.task.settled:
                if record:
                    self._record(evaluation, "fail", failure)
                self.ledger.then(partial(self._let_go, evaluation, failure))

    def _let_go(self, evaluation: Evaluation, failure: Failure) -> None:
        evaluation.execution.tasks.pop(evaluation.id, None)
        evaluation.task.settle("fail", ActionResult(failure=failure))
        evaluation.task.cancelled.set()

    def _begin(self, evaluation: Evaluation, condition: int) -> None:
        with evaluation.lane.changed:
            rule, failure = self._resolved(evaluation)
            if evaluation.execution.halt is not None:
                failure = Failure(code="JobFailed", message=evaluation.execution.halt_reason)
            self.ledger.recorder.start_rule(
                evaluation.id,
                execution_id=evaluation.execution.id,
                stage=evaluation.stage.name,
                condition=condition,
                rule=rule,
                status=CONDITION.start,
            )
            evaluation.execution.tasks[evaluation.id] = partial(self._abandon, evaluation)
        if failure:
            self._settle(evaluation, failure)
            return
        threading.Thread(
            target=self._perform, args=(evaluation, rule), name=f"rule {rule.name}", daemon=True
        ).start()

    def _resolved(self, evaluation: Evaluation) -> tuple[Rule, Failure | None]:
        try:
            return resolve_rule(evaluation.rule, evaluation.execution.scope()), None
        except UnresolvedVariable as error:
            return evaluation.rule, Failure(code="ConfigurationError", message=str(error))

    def _perform(self, evaluation: Evaluation, rule: Rule) -> None:
        minutes = rule_timeout_minutes(rule)

        def expire() -> None:
            evaluation.task.cancelled.set()
            message = f"the rule did not end within {minutes} minutes"
            self._settle(evaluation, Failure(code="TimedOut", message=message))

        deadline = self.deadlines.after(minutes * self.settings.seconds_per_minute, expire)
        try:
            failure = self._in_folder(evaluation, rule)
        except Exception as error:
            _log.exception("rule %s broke", rule.name)
            failure = Failure(code="SystemUnavailable", message=f"{type(error).__name__}: {error}")
        finally:
            self.deadlines.off(deadline)
        self._settle(evaluation, failure)

    def _in_folder(self, evaluation: Evaluation, rule: Rule) -> Failure | None:
        workdir = Path(tempfile.mkdtemp(prefix="rule-"))
        try:
            return self._run(evaluation, rule, workdir)
        finally:
            shutil.rmtree(workdir, ignore_errors=True)

    def _run(self, evaluation: Evaluation, rule: Rule, workdir: Path) -> Failure | None:
        try:
            provider = self.world.rule(rule.provider)
            provider.check(rule)
            return provider.evaluate(rule, self._request(evaluation, rule, workdir))
        except UnsupportedAction as error:
            return Failure(code="ConfigurationError", message=str(error))
        except Exception as error:
            return Failure(code="SystemUnavailable", message=f"{type(error).__name__}: {error}")

    def _request(self, evaluation: Evaluation, rule: Rule, workdir: Path) -> RuleRequest:
        execution, recorder = evaluation.execution, self.ledger.recorder
        sessions = self.world.sessions(execution.pipeline)
        known = execution.artifacts
        return RuleRequest(
            pipeline=execution.key.name,
            stage=evaluation.stage.name,
            execution_id=execution.id,
            account=execution.key.account,
            region=rule.region or execution.key.region,
            sessions=sessions,
            log=lambda line: recorder.log(evaluation.id, line),
            cancelled=evaluation.task.cancelled,
            artifacts=self.world.artifacts(
                pipeline=execution.pipeline,
                action=_as_action(rule),
                sessions=sessions,
                inputs={name: known[name] for name in rule.input_artifacts if name in known},
                workdir=workdir,
            ),
            workdir=workdir,
            report=lambda gap: recorder.gap(execution.id, gap),
            bake_seconds=execution.options.bake_seconds,
        )

    def _settle(self, evaluation: Evaluation, failure: Failure | None) -> None:
        event: Event = "fail" if failure else "succeed"
        unwritten: Exception | None = None
        with evaluation.lane.changed:
            if evaluation.task.settled:
                return
            try:
                self._record(evaluation, event, failure)
            except Exception as error:
                unwritten = error
            evaluation.execution.tasks.pop(evaluation.id, None)
            evaluation.task.settle(event, ActionResult(failure=failure), unwritten=unwritten)

    def _record(self, evaluation: Evaluation, event: Event, failure: Failure | None) -> None:
        if self.ledger.closed:
            return
        self.ledger.recorder.end_rule(
            evaluation.id,
            execution_id=evaluation.execution.id,
            subject=f"{evaluation.stage.name}/{evaluation.rule.name}",
            status=CONDITION.next(CONDITION.start, event),
            failure=failure,
        )


def _as_action(rule: Rule) -> Action:
    """The rule as an action, because the artifact store reads artifacts for an action."""
    return Action(
        name=rule.name,
        type=ActionType(category="Compute", owner="AWS", provider=rule.provider, version=rule.version),
        configuration=rule.configuration,
        input_artifacts=rule.input_artifacts,
        role_arn=rule.role_arn,
        region=rule.region,
    )
