"""Any order of arrivals, departures, stops and transitions keeps the doors' promises."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal.engine.execution import Execution
from rehearsal.engine.lane import Lane
from rehearsal.model.position import Position
from rehearsal.record.views import Trigger
from tests.rehearsal.model.declarations import pipeline

STAGES = ("Source", "Build", "Deploy")
MODES = ("QUEUED", "SUPERSEDED", "PARALLEL")
STEPS = st.lists(
    st.tuples(st.sampled_from(["start", "move", "stop", "disable", "enable", "favour"]), st.integers(0, 7)),
    max_size=60,
)


class Doors:
    """Executions without threads: the lane decides alone who goes in."""

    def __init__(self, mode: str) -> None:
        self.lane, self.mode = Lane(), mode
        self.executions: list[Execution] = []
        self.passed: dict[str, list[int]] = {stage: [] for stage in STAGES}

    def start(self, _which: int, *, first: bool = False) -> None:
        number = len(self.executions)
        execution = Execution(
            id=str(number),
            number=number,
            pipeline=pipeline(),
            mode=self.mode,
            trigger=Trigger(kind="StartPipelineExecution"),
            status="InProgress",
            position=Position(stage=STAGES[0]),
        )
        self.executions.append(execution)
        self.lane.arrive(execution, STAGES[0], first=first)

    def favour(self, which: int) -> None:
        self.start(which, first=True)

    def move(self, which: int) -> None:
        inside = [found for found in self.executions if found.inside and found.halt is None]
        if not inside:
            return
        execution = inside[which % len(inside)]
        stage = str(execution.inside)
        self.passed[stage].append(execution.number)
        later = STAGES[STAGES.index(stage) + 1 :]
        self.lane.leave(execution, stage, onward=later[0] if later else None)

    def stop(self, which: int) -> None:
        living = [found for found in self.executions if found.halt is None]
        if not living:
            return
        execution = living[which % len(living)]
        execution.halt = "stop"
        with self.lane.changed:
            for stage in STAGES:
                if execution.inside == stage or execution in self.lane.door(stage).waiting:
                    self.lane._go_away(execution, stage)  # what its own thread would do

    def disable(self, which: int) -> None:
        self.lane.enable(STAGES[which % 3], enabled=False)

    def enable(self, which: int) -> None:
        self.lane.enable(STAGES[which % 3], enabled=True)

    def check(self) -> None:
        for stage in STAGES:
            door = self.lane.door(stage)
            inside = [found for found in self.executions if found.inside == stage]
            waiting = [found for found in door.waiting if found.halt is None]
            if self.mode != "PARALLEL":
                assert len(inside) <= 1
                assert door.holder is (inside[0] if inside else None)
            assert not (waiting and door.enabled and not inside), "nobody is let in"
            if self.mode == "SUPERSEDED":
                ordinary = [found for found in waiting if found.id not in door.favoured]
                assert len(ordinary) <= 1


@given(st.sampled_from(MODES), STEPS)
@settings(max_examples=300)
def test_doors_keep_their_promises(mode: str, steps: Sequence[tuple[str, int]]) -> None:
    doors = Doors(mode)
    for step, which in steps:
        getattr(doors, step)(which)
        doors.check()


@given(STEPS)
@settings(max_examples=200)
def test_queued_executions_never_overtake(steps: Sequence[tuple[str, int]]) -> None:
    doors = Doors("QUEUED")
    for step, which in steps:
        if step != "favour":
            getattr(doors, step)(which)
    for numbers in doors.passed.values():
        assert numbers == sorted(numbers)
