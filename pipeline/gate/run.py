"""The run that is judged: since when the environment has been on its way, and what the person said.

The state before is that of the moment when the environment was last left while it was good: at the
beginning of the first run of its stage since one that passed this gate. A retry belongs to its run, and
whoever starts a failed commit again does not make what it did the state before. A roll-back goes back to
what was good, so it begins anew: what made it necessary may go on sounding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipeline.repair import reason_of, starter_of

HISTORY = 5000
"""Action executions that are looked through: months of them."""


@dataclass(frozen=True, kw_only=True)
class Place:
    pipeline: str
    stage: str
    gate: str
    """The action of this gate."""
    execution_id: str


@dataclass(frozen=True, kw_only=True)
class Judged:
    before: datetime
    """The moment whose alarms are the state before."""
    is_roll_back: bool
    repair: str
    """The reason for the repair lane; empty outside it."""
    started_by: str


@dataclass(kw_only=True)
class _Attempt:
    """One execution in the stage."""

    execution_id: str
    began: datetime
    latest: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Of each action the latest attempt."""

    def add(self, action: Mapping[str, Any]) -> None:
        self.began = min(self.began, action["startTime"])
        known = self.latest.setdefault(action["actionName"], action)
        if action["startTime"] > known["startTime"]:
            self.latest[action["actionName"]] = action

    @property
    def statuses(self) -> dict[str, str]:
        return {name: action["status"] for name, action in self.latest.items()}


def judged(codepipeline: Any, place: Place) -> Judged:
    execution = _execution(codepipeline, place.pipeline, place.execution_id)
    is_roll_back = execution.get("executionType") == "ROLLBACK"
    attempts = _attempts(_actions(codepipeline, place.pipeline), place.stage)
    own = attempts[place.execution_id]
    earlier = sorted(
        (found for found in attempts.values() if found.began < own.began),
        key=lambda found: found.began,
        reverse=True,
    )
    before = own.began if is_roll_back else _since_good(own, earlier, codepipeline, place)
    return Judged(
        before=before,
        is_roll_back=is_roll_back,
        repair=reason_of(execution),
        started_by=starter_of(execution),
    )


def _since_good(own: _Attempt, earlier: Iterable[_Attempt], codepipeline: Any, place: Place) -> datetime:
    began = own.began
    for attempt in earlier:
        if _passed(attempt, codepipeline, place):
            break
        began = attempt.began
    return began


def _passed(attempt: _Attempt, codepipeline: Any, place: Place) -> bool:
    """Runs from before the environment had a gate passed if they went to the end."""
    statuses = attempt.statuses
    if place.gate in statuses:
        return statuses[place.gate] == "Succeeded"
    if set(statuses.values()) != {"Succeeded"}:
        return False
    return _execution(codepipeline, place.pipeline, attempt.execution_id).get("status") == "Succeeded"


def _attempts(actions: Iterator[Mapping[str, Any]], stage: str) -> dict[str, _Attempt]:
    found: dict[str, _Attempt] = {}
    for action in actions:
        if action["stageName"].partition(".")[0] != stage:  # CDK spreads many actions over `Prod.1`, `Prod.2`
            continue
        identifier = action["pipelineExecutionId"]
        fresh = _Attempt(execution_id=identifier, began=action["startTime"])
        found.setdefault(identifier, fresh).add(action)
    return found


def _actions(codepipeline: Any, pipeline: str) -> Iterator[Mapping[str, Any]]:
    pages = codepipeline.get_paginator("list_action_executions").paginate(
        pipelineName=pipeline, PaginationConfig={"MaxItems": HISTORY}
    )
    return (action for page in pages for action in page["actionExecutionDetails"])


def _execution(codepipeline: Any, pipeline: str, execution_id: str) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = codepipeline.get_pipeline_execution(
        pipelineName=pipeline, pipelineExecutionId=execution_id
    )["pipelineExecution"]
    return answer
