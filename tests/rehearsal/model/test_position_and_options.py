"""What is recorded of an execution comes back as it was."""

import json

from hypothesis import given
from hypothesis import strategies as st

from rehearsal.model.options import ExecutionOptions
from rehearsal.model.position import Entry, Position

ENTRIES = st.builds(
    Entry,
    carried=st.frozensets(st.text(max_size=5)),
    retried_by=st.sampled_from(["", "ManualStageRetry"]),
    entered=st.booleans(),
    entry_condition=st.booleans(),
    actions=st.booleans(),
    success_condition=st.booleans(),
)


@given(st.builds(Position, stage=st.text(max_size=5), entry=ENTRIES, only=st.booleans(), first=st.booleans()))
def test_a_position(position: Position) -> None:
    assert Position.of_json(json.loads(json.dumps(position.as_json()))) == position


@given(
    st.builds(
        ExecutionOptions,
        left_out=st.lists(st.text(max_size=5)).map(tuple),
        until=st.text(max_size=5),
        skipped=st.lists(st.text(max_size=5)).map(tuple),
        bake_seconds=st.none() | st.floats(0, 1e6),
        reuse_builds=st.booleans(),
    )
)
def test_options(options: ExecutionOptions) -> None:
    assert ExecutionOptions.of_json(json.loads(json.dumps(options.as_json()))) == options


def test_past_the_last_stage_nothing_is_left_to_do() -> None:
    position = Position(stage="Prod", first=True).inside().onward(None)
    assert position.finished
    assert not position.first
