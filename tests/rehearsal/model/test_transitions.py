"""The tables: CodePipeline's own names, nothing unreachable, and no event that is not in them."""

import gzip
import json
from pathlib import Path

import botocore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.model.transitions import (
    ACTION,
    CONDITION,
    MACHINES,
    NOT_STARTED,
    PIPELINE,
    STAGE,
    IllegalTransition,
    Machine,
    diagram,
)

EVENTS = sorted({event for machine in MACHINES for _, event in machine.table})


def _aws_names(shape: str) -> set[str]:
    folder = Path(botocore.__file__).parent / "data" / "codepipeline" / "2015-07-09"
    model = json.loads(gzip.decompress((folder / "service-2.json.gz").read_bytes()))
    return set(model["shapes"][shape]["enum"])


@pytest.mark.parametrize(
    ("machine", "shape"),
    [
        (PIPELINE, "PipelineExecutionStatus"),
        (STAGE, "StageExecutionStatus"),
        (ACTION, "ActionExecutionStatus"),
        (CONDITION, "ConditionExecutionStatus"),
    ],
)
def test_states_are_codepipelines_own(machine: Machine, shape: str) -> None:
    states = {machine.start, *(origin for origin, _ in machine.table), *machine.table.values()}
    assert states - {NOT_STARTED} == _aws_names(shape)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_state_can_be_reached(machine: Machine) -> None:
    reached, before = {machine.start}, set[str]()
    while reached != before:
        before = set(reached)
        reached |= {target for (origin, _), target in machine.table.items() if origin in before}
    assert reached == {machine.start, *machine.table.values()}


@given(st.sampled_from(MACHINES), st.data())
def test_any_walk_stays_in_the_table(machine: Machine, data: st.DataObject) -> None:
    state = machine.start
    for _ in range(12):
        event = data.draw(st.sampled_from(EVENTS))
        if machine.allows(state, event):
            state = machine.next(state, event)
        else:
            with pytest.raises(IllegalTransition) as illegal:
                machine.next(state, event)
            assert repr(event) in str(illegal.value)
            assert state in str(illegal.value)


def test_final_states() -> None:
    assert PIPELINE.final("Succeeded")
    assert PIPELINE.final("Superseded")
    assert not PIPELINE.final("Failed"), "a failed execution can be retried"


def test_the_diagram_shows_every_transition() -> None:
    for machine in MACHINES:
        drawn = diagram(machine)
        assert drawn.startswith("stateDiagram-v2")
        for (origin, event), target in machine.table.items():
            assert f"{origin} --> {target}: {event}" in drawn
