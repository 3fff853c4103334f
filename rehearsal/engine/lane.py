"""The doors of one pipeline's stages: which execution enters, waits or is superseded.

Theory of operation. A stage holds at most one execution. An execution that arrives at a door joins the
executions that wait there; the first of them enters as soon as the stage is empty and its inbound transition
is enabled. In SUPERSEDED mode only the newest may wait, and older ones are superseded. In QUEUED mode they
enter in order of arrival. PARALLEL executions have no doors, only transitions.

The thread that changes something (an arrival, a departure, a transition) decides under the lock which
execution enters; waiting threads never do. So the order does not depend on thread scheduling. For the same
reason an execution arrives at the next door in the same step in which it leaves a stage, so that no other can
overtake it. A roll-back, and the execution that repeats another after a self-mutation, arrive first in line
while the stage is still occupied, and are never superseded there.
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
        """Join the executions at the door, and enter at once if possible."""
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
        """Return once the execution occupies the stage; `wait` is called while it waits at the door."""
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
        """Set a flag that the execution's own thread checks."""
        with self.changed:
            execution.halt, execution.halt_reason = how, reason
            self.changed.notify_all()

    def depart(self, execution: Execution) -> None:
        """Remove the execution from every door, because its thread ends."""
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
    """The execution that enters next; a halted one is let through so that its thread notices."""
    for found in door.waiting:
        if found.halt is None and (found.mode == "PARALLEL" or door.holder is None):
            return found
    return None


def _give_way(door: Door) -> None:
    """Supersede all waiting executions but the newest."""
    waiting = [found for found in door.waiting if found.id not in door.favoured and found.halt is None]
    for older in sorted(waiting, key=lambda found: found.number)[:-1]:
        older.halt = "supersede"
        older.halt_reason = "a newer execution arrived at the same stage while this one waited"
