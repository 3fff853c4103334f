"""The doors of one pipeline's stages: who may go in, who waits, who gives way.

Theory of operation. A stage holds at most one execution. An execution that arrives at a door joins
those who wait there; the first of them is let in as soon as the stage is empty and its inbound
transition is enabled. In SUPERSEDED mode only the newest may wait: whoever is older gives way, and
is done. In QUEUED mode they go in by order of arrival. PARALLEL executions know no doors, only
transitions.

Who is let in is decided under the lock by whoever changes something (an arrival, a departure, a
transition), never by the threads that wait: so order does not depend on how threads are scheduled.
For the same reason an execution arrives at the next door in the moment in which it leaves a stage,
and nobody can overtake it in between. A roll-back, and the execution that repeats another after a
self-mutation, arrive first in line while the stage is still held; they are never superseded there.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from rehearsal.engine.errors import Halted
from rehearsal.engine.execution import Execution, Halt


@dataclass(kw_only=True)
class Door:
    enabled: bool = True
    holder: Execution | None = None
    waiting: list[Execution] = field(default_factory=list)
    favoured: set[str] = field(default_factory=set)


class Lane:
    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.executions: dict[str, Execution] = {}
        self._doors: dict[str, Door] = {}

    def door(self, stage: str) -> Door:
        return self._doors.setdefault(stage, Door())

    def arrive(self, execution: Execution, stage: str, *, first: bool = False) -> None:
        """Stand at the door, and go in at once where that is possible."""
        with self.changed:
            door = self.door(stage)
            if first:
                door.waiting.insert(0, execution)
                door.favoured.add(execution.id)
            else:
                door.waiting.append(execution)
            self._let_in(stage)
            if execution.mode == "SUPERSEDED":
                _give_way(door)
                self.changed.notify_all()

    def enter(self, execution: Execution, stage: str, *, wait: Callable[[str | None], None]) -> None:
        """Return once the execution holds the stage; `wait` is told while it stands at the door."""
        with self.changed:
            if execution.inside != stage and execution not in self.door(stage).waiting:
                self.arrive(execution, stage)
            if waits := execution.inside != stage and execution.halt is None:
                wait(stage)
            self.changed.wait_for(lambda: execution.inside == stage or execution.halt)
            if waits:
                wait(None)
            if execution.halt is not None:
                self._go_away(execution, stage)
                raise Halted

    def leave(self, execution: Execution, stage: str, *, onward: str | None = None) -> None:
        with self.changed:
            self._release(execution, stage)
            if onward:
                self.arrive(execution, onward)
            self._let_in(stage)

    def enable(self, stage: str, *, enabled: bool) -> None:
        with self.changed:
            self.door(stage).enabled = enabled
            self._let_in(stage)

    def halt(self, execution: Execution, how: Halt, reason: str) -> None:
        """The execution's own thread finds out as soon as it looks."""
        with self.changed:
            execution.halt, execution.halt_reason = how, reason
            self.changed.notify_all()

    def depart(self, execution: Execution) -> None:
        """Its thread ends: it stands at no door any more, however it ended."""
        with self.changed:
            for stage in list(self._doors):
                if self.door(stage).holder is execution or execution in self.door(stage).waiting:
                    self._go_away(execution, stage)
            if self.executions.get(execution.id) is execution:
                del self.executions[execution.id]
            self.changed.notify_all()

    def wake(self) -> None:
        with self.changed:
            self.changed.notify_all()

    def _go_away(self, execution: Execution, stage: str) -> None:
        if execution in self.door(stage).waiting:
            self.door(stage).waiting.remove(execution)
        self._release(execution, stage)
        self._let_in(stage)

    def _release(self, execution: Execution, stage: str) -> None:
        execution.inside = None
        if self.door(stage).holder is execution:
            self.door(stage).holder = None

    def _let_in(self, stage: str) -> None:
        door = self.door(stage)
        while door.enabled and (found := _next(door)):
            door.waiting.remove(found)
            door.favoured.discard(found.id)
            found.inside = stage
            if found.mode != "PARALLEL":
                door.holder = found
        self.changed.notify_all()


def _next(door: Door) -> Execution | None:
    """Who may go in now; one that was halted while it waited only has to notice it."""
    for found in door.waiting:
        if found.halt is None and (found.mode == "PARALLEL" or door.holder is None):
            return found
    return None


def _give_way(door: Door) -> None:
    """All but the newest of those who wait are superseded."""
    waiting = [found for found in door.waiting if found.id not in door.favoured and found.halt is None]
    for older in sorted(waiting, key=lambda found: found.number)[:-1]:
        older.halt = "supersede"
        older.halt_reason = "a newer execution arrived at the same stage while this one waited"
