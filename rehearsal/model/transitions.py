"""Every change of state there is, in three tables.

Theory of operation. A pipeline execution walks through the pipeline's stages; in each it makes one
stage execution per attempt, and there one action execution per action and attempt. Each of the
three is a small machine of its own, with CodePipeline's own status names:

- A *pipeline execution* begins InProgress, also while it waits at a stage's door. Newer executions
  may supersede it there, and only there. Stopping is InProgress with the end in sight: what runs
  is waited for or abandoned, then it is Stopped. Cancelled means that the pipeline was redefined
  or deleted underneath it. Failed and Stopped are not final: a retry, or an override of the
  condition that failed, sets the same execution in progress again.
- A *stage execution* has no status until the execution is let in. An entry condition that is not
  met leaves it Failed or Skipped without any action having run. A stage whose actions succeeded is
  still InProgress while its success condition is evaluated. A retry makes it InProgress once more;
  its attempts are counted.
- An *action execution* ends once. A retry is another action execution. Abandoned means that the
  engine stopped waiting for it.
- A *condition*, and likewise each of its rules, is evaluated once per attempt at its stage; a
  person may override one that failed.

Nothing else in the rehearsal decides a status: the engine names an event, the table gives the next
state, and an event that the table does not have raises. `diagram` draws a table, so that the
documentation can never differ from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

State = str
Event = Literal[
    "enter",
    "skip",
    "succeed",
    "fail",
    "supersede",
    "cancel",
    "stop",
    "stopped",
    "abandon",
    "retry",
    "override",
    "error",
]

NOT_STARTED: State = "NotStarted"
"""Not one of CodePipeline's: the record and the API show no status at all."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    name: str
    start: State
    table: Mapping[tuple[State, Event], State]

    def next(self, state: State | None, event: Event) -> State:
        """The state after the event; raises `IllegalTransition`."""
        try:
            return self.table[(state or NOT_STARTED, event)]
        except KeyError:
            raise IllegalTransition(self, state or NOT_STARTED, event) from None

    def allows(self, state: State | None, event: Event) -> bool:
        return (state or NOT_STARTED, event) in self.table

    def final(self, state: State) -> bool:
        return all(origin != state for origin, _ in self.table)


class IllegalTransition(Exception):  # noqa: N818 - it names the transition
    def __init__(self, machine: Machine, state: State, event: Event) -> None:
        possible = ", ".join(sorted(found for origin, found in machine.table if origin == state))
        super().__init__(
            f"{machine.name}: {event!r} is impossible in {state}; possible there: {possible or 'nothing'}"
        )
        self.state, self.event = state, event


PIPELINE = Machine(
    name="pipeline execution",
    start="InProgress",
    table={
        ("InProgress", "succeed"): "Succeeded",
        ("InProgress", "fail"): "Failed",
        ("InProgress", "supersede"): "Superseded",
        ("InProgress", "cancel"): "Cancelled",
        ("InProgress", "stop"): "Stopping",
        ("Stopping", "stopped"): "Stopped",
        ("Stopping", "cancel"): "Cancelled",
        ("Failed", "retry"): "InProgress",
        ("Failed", "override"): "InProgress",
        ("Stopped", "retry"): "InProgress",
    },
)

STAGE = Machine(
    name="stage execution",
    start=NOT_STARTED,
    table={
        (NOT_STARTED, "enter"): "InProgress",
        ("InProgress", "skip"): "Skipped",
        ("InProgress", "succeed"): "Succeeded",
        ("InProgress", "fail"): "Failed",
        ("InProgress", "cancel"): "Cancelled",
        ("InProgress", "stop"): "Stopping",
        ("Stopping", "stopped"): "Stopped",
        ("Stopping", "cancel"): "Cancelled",
        ("Failed", "retry"): "InProgress",
        ("Failed", "override"): "InProgress",
        ("Stopped", "retry"): "InProgress",
    },
)

ACTION = Machine(
    name="action execution",
    start="InProgress",
    table={
        ("InProgress", "succeed"): "Succeeded",
        ("InProgress", "fail"): "Failed",
        ("InProgress", "abandon"): "Abandoned",
    },
)

CONDITION = Machine(
    name="condition or rule",
    start="InProgress",
    table={
        ("InProgress", "succeed"): "Succeeded",
        ("InProgress", "fail"): "Failed",
        ("InProgress", "error"): "Errored",
        ("InProgress", "cancel"): "Cancelled",
        ("InProgress", "abandon"): "Abandoned",
        ("Failed", "override"): "Overridden",
        ("Errored", "override"): "Overridden",
    },
)

MACHINES = (PIPELINE, STAGE, ACTION, CONDITION)


def diagram(machine: Machine) -> str:
    """The machine as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {machine.start}"]
    lines += [f"    {origin} --> {target}: {event}" for (origin, event), target in machine.table.items()]
    ends = dict.fromkeys(target for target in machine.table.values() if machine.final(target))
    return "\n".join([*lines, *(f"    {end} --> [*]" for end in ends)]) + "\n"
