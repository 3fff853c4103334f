"""The result of a rehearsal: one JSON line for programs, the fidelity report for people."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rehearsal.conductor.exits import Exit
from rehearsal.conductor.follow import ENDED_WELL, Delivery
from rehearsal.emulator.refusals import Refusals
from rehearsal.model.results import Fidelity, Gap
from rehearsal.record.views import ActionRun, Run


@dataclass(frozen=True, kw_only=True)
class Outcome:
    delivery: Delivery
    seconds: float
    gaps: tuple[Gap, ...]
    refusals: Refusals
    strict: bool
    hints: tuple[str, ...] = ()
    """What a person can do about failures."""

    @property
    def run(self) -> Run:
        return self.delivery.decisive

    @property
    def only_recorded(self) -> tuple[Gap, ...]:
        return tuple(gap for gap in self.gaps if gap.fidelity is Fidelity.RECORDED)

    @property
    def status(self) -> str:
        if self.delivery.unanswered:
            return "WaitingForApproval"
        if self.strict and self.run.status == ENDED_WELL and self.only_recorded:
            return "NotFaithful"
        return self.run.status

    @property
    def exit_code(self) -> Exit:
        if self.delivery.unanswered:
            return Exit.WAITING
        if self.status == ENDED_WELL:
            return Exit.SUCCEEDED
        return Exit.UNSUPPORTED if any(map(self.refusals.caused, self._failures())) else Exit.FAILED

    def _failures(self) -> Iterator[str]:
        for stage in self.run.stages:
            for action in stage.actions:
                if action.status == "Failed" and action.failure:
                    yield action.failure.message

    def as_json(self) -> dict[str, Any]:
        return {
            **run_as_json(self.run),
            "status": self.status,
            "seconds": round(self.seconds, 3),
            "rolled_back": [run.execution_id for run in self.delivery.runs if run.rollback_of],
            "hints": list(self.hints),
            "gaps": [gap_as_json(gap) for gap in self.gaps],
        }


def gap_as_json(gap: Gap) -> dict[str, str]:
    return {"subject": gap.subject, "fidelity": gap.fidelity.value, "reason": gap.reason}


def run_as_json(run: Run) -> dict[str, Any]:
    return {
        "status": run.status,
        "pipeline": run.pipeline,
        "execution_id": run.execution_id,
        "seconds": _seconds(run.started, run.ended),
        "stages": [
            {"name": stage.name, "status": stage.status, "actions": [*map(_action, stage.actions)]}
            for stage in run.stages
        ],
    }


def _action(action: ActionRun) -> dict[str, Any]:
    return {
        "name": action.name,
        "provider": action.provider,
        "status": action.status,
        "seconds": _seconds(action.started, action.ended),
        "fidelity": action.fidelity.value if action.fidelity else None,
    }


def _seconds(started: float | None, ended: float | None) -> float | None:
    return round(ended - started, 3) if started is not None and ended is not None else None
