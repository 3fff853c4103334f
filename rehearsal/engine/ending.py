"""Ends an execution that cannot continue, together with its open stages, actions and conditions.

All in one transaction, so that a failed execution never has a stage or an action in progress.
"""

from dataclasses import dataclass

from rehearsal.engine.execution import Execution
from rehearsal.engine.ledger import Ledger
from rehearsal.model.definition import Stage
from rehearsal.model.results import ActionResult, Failure
from rehearsal.model.transitions import ACTION, CONDITION, PIPELINE, STAGE, Event
from rehearsal.record.views import ConditionRun, StageRun


@dataclass(kw_only=True)
class Ending:
    ledger: Ledger

    def end(self, execution: Execution, reason: str) -> None:
        """End it as stopped if a stop was requested, else as failed. Callers hold the lane's lock."""
        run = self.ledger.record.run(execution.id)
        with self.ledger.transaction("end an execution that cannot go on"):
            if execution.halt == "stop" and PIPELINE.allows(execution.status, "stop"):
                self.ledger.execution(execution, "stop", reason)
            for stage in execution.pipeline.stages:
                if recorded := run.stage(stage.name):
                    self._close(execution, stage, recorded, reason)
            if PIPELINE.allows(execution.status, "stopped"):
                self.ledger.execution(execution, "stopped", reason)
            elif PIPELINE.allows(execution.status, "fail"):
                self.ledger.execution(execution, "fail", reason)

    def _close(self, execution: Execution, stage: Stage, recorded: StageRun, reason: str) -> None:
        actions = {action.name: action for action in stage.actions}
        for running in recorded.actions:
            if running.status == ACTION.start:
                self.ledger.end_action(
                    execution,
                    stage,
                    actions[running.name],
                    running.action_execution_id,
                    event="abandon" if execution.halt == "stop" else "fail",
                    result=ActionResult(failure=Failure(code="SystemUnavailable", message=reason)),
                )
        for condition in recorded.conditions:
            self._close_condition(execution, stage, condition, reason)
        if STAGE.allows(execution.state_of(stage).status, "stopped"):
            self.ledger.stage(execution, stage, "stopped", reason)
        elif execution.state_of(stage).status == "InProgress":
            self._close_stage(execution, stage, reason)

    def _close_stage(self, execution: Execution, stage: Stage, reason: str) -> None:
        if execution.halt == "stop":
            self.ledger.stage(execution, stage, "stop", reason)
            self.ledger.stage(execution, stage, "stopped", reason)
        else:
            self.ledger.stage(execution, stage, "fail", reason)

    def cancel_conditions(self, execution: Execution, reason: str) -> None:
        """Run in the transaction that cancels the execution, because nothing else ends the conditions."""
        run = self.ledger.record.run(execution.id)
        for stage in execution.pipeline.stages:
            recorded = run.stage(stage.name)
            for condition in recorded.conditions if recorded else ():
                self._close_condition(execution, stage, condition, reason, event="cancel")

    def _close_condition(
        self,
        execution: Execution,
        stage: Stage,
        condition: ConditionRun,
        reason: str,
        *,
        event: Event = "abandon",
    ) -> None:
        if condition.status != CONDITION.start:
            return
        recorder = self.ledger.recorder
        for rule in condition.rules:
            if rule.status == CONDITION.start:
                recorder.end_rule(
                    rule.rule_execution_id,
                    execution_id=execution.id,
                    subject=f"{stage.name}/{rule.name}",
                    status=CONDITION.next(CONDITION.start, "abandon"),
                    failure=Failure(code="SystemUnavailable", message=reason),
                )
        recorder.end_condition(
            condition.number,
            execution_id=execution.id,
            subject=f"{stage.name}/{condition.kind}",
            status=CONDITION.next(CONDITION.start, event),
            summary=reason,
        )
