"""Every folder below tests/scenarios is one behaviour: see `scenario.py` for how it is told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rehearsal.engine.errors import EngineError
from rehearsal.record.views import ActionRun, Run
from tests.rehearsal.engine.scenario import Play, fits

SCENARIOS = Path(__file__).parents[2] / "scenarios"
ENGINE_SCENARIOS = sorted(found.parent.name for found in SCENARIOS.glob("*/script.yaml"))


@pytest.mark.parametrize("name", ENGINE_SCENARIOS)
def test_scenario(name: str, tmp_path: Path) -> None:
    folder = SCENARIOS / name
    if "unsupported:" in (folder / "script.yaml").read_text():
        with pytest.raises(EngineError) as refused:
            Play(folder, tmp_path)
        assert "provider 'Unknown' is not supported" in str(refused.value)
        return
    play = Play(folder, tmp_path)
    play.run()
    _check_timeline(play)
    for execution, wanted in play.script.get("outcomes", {}).items():
        _check_outcome(play, execution, wanted)
    for subject, times in play.script.get("ran", {}).items():
        assert play.world.runs[subject] == times, subject
    if "asked" in play.script:
        assert play.world.asked == play.script["asked"]
    if "executions" in play.script:
        assert len(play.record.runs(limit=100)) == play.script["executions"]


def _check_timeline(play: Play) -> None:
    lines = play.lines()
    if "timeline" in play.script:
        assert fits(lines, play.script["timeline"]), "\n".join(lines)
    rest = iter(lines)
    for line in play.script.get("order", []):
        assert line in rest, f"{line!r} is not there, or not in this order:\n" + "\n".join(lines)


def _check_outcome(play: Play, execution: str, wanted: dict[str, Any]) -> None:
    run = play.outcome(execution)
    for what, value in wanted.items():
        CHECKS[what](play, execution, run, value)


def _status(_play: Play, _name: str, run: Run, value: str) -> None:
    assert run.status == value, run.status_summary


def _summary(_play: Play, _name: str, run: Run, value: str) -> None:
    assert run.status_summary == value


def _contains(_play: Play, _name: str, run: Run, value: str) -> None:
    assert value in run.status_summary


def _kind(_play: Play, _name: str, run: Run, value: str) -> None:
    assert run.kind == value


def _trigger(_play: Play, _name: str, run: Run, value: str) -> None:
    assert run.trigger.kind == value


def _version(_play: Play, _name: str, run: Run, value: int) -> None:
    assert run.version == value


def _stages(_play: Play, _name: str, run: Run, value: dict[str, str | None]) -> None:
    found = {stage.name: stage.status for stage in run.stages}
    assert {name: found[name] for name in value} == value


def _attempts(_play: Play, _name: str, run: Run, value: dict[str, int]) -> None:
    found = {stage.name: stage.attempt for stage in run.stages}
    assert {name: found[name] for name in value} == value


def _retried(_play: Play, _name: str, run: Run, value: dict[str, str]) -> None:
    found = {stage.name: stage.retried_by for stage in run.stages}
    assert {name: found[name] for name in value} == value


def _conditions(_play: Play, _name: str, run: Run, value: dict[str, list[str]]) -> None:
    found = {stage.name: [f"{c.kind} {c.status}" for c in stage.conditions] for stage in run.stages}
    assert {name: found[name] for name in value} == value


def _revisions(_play: Play, _name: str, run: Run, value: dict[str, str]) -> None:
    assert {found.action: found.revision_id for found in run.revisions} == value


def _said(play: Play, name: str, _run: Run, value: list[str]) -> None:
    assert play.said(name) == value


def _gap(play: Play, _name: str, run: Run, value: str) -> None:
    assert any(value in gap.reason for gap in play.record.gaps(run.execution_id))


def _failure(_play: Play, _name: str, run: Run, value: dict[str, str]) -> None:
    for subject, code in value.items():
        failure = _action(run, subject).failure
        assert failure is not None
        assert failure.code == code


def _message(_play: Play, _name: str, run: Run, value: dict[str, str]) -> None:
    for subject, text in value.items():
        failure = _action(run, subject).failure
        assert failure is not None
        assert text in failure.message


def _action(run: Run, subject: str) -> ActionRun:
    stage, action = subject.split("/")
    recorded = run.stage(stage)
    assert recorded is not None
    return next(found for found in recorded.actions if found.name == action)


CHECKS: dict[str, Callable[[Play, str, Run, Any], None]] = {
    "status": _status,
    "summary": _summary,
    "contains": _contains,
    "kind": _kind,
    "trigger": _trigger,
    "version": _version,
    "stages": _stages,
    "attempts": _attempts,
    "retried": _retried,
    "conditions": _conditions,
    "revisions": _revisions,
    "said": _said,
    "gap": _gap,
    "failure": _failure,
    "message": _message,
}
