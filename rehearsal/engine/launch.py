"""Starts executions and walks them through their stages, each in a thread of its own."""

import threading
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from typing import Protocol

from rehearsal.engine.errors import Halted
from rehearsal.engine.execution import Execution
from rehearsal.engine.lane import Lane
from rehearsal.engine.lanes import Lanes
from rehearsal.engine.ledger import Ledger
from rehearsal.engine.ports import SourceRevision
from rehearsal.engine.settings import Settings
from rehearsal.engine.stages import ORDINARY, Entry
from rehearsal.model.definition import Pipeline, Stage
from rehearsal.model.transitions import PIPELINE, STAGE
from rehearsal.record.recorder import NewExecution
from rehearsal.record.views import Trigger


class RunStage(Protocol):
    def __call__(
        self, execution: Execution, stage: Stage, entry: Entry, lane: Lane, *, onward: str | None
    ) -> bool:
        """False where the stage failed, and the execution with it."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """Where in the pipeline an execution's walk begins and ends."""

    stage: int = 0
    entry: Entry = ORDINARY
    only: bool = False
    """A roll-back runs its one stage and nothing after it."""


@dataclass(kw_only=True)
class Launcher:
    ledger: Ledger
    lanes: Lanes
    settings: Settings
    run_stage: RunStage = field(init=False)
    _threads: list[threading.Thread] = field(default_factory=list)
    _threads_lock: threading.Lock = field(default_factory=threading.Lock)

    def launch(
        self,
        pipeline: Pipeline,
        *,
        trigger: Trigger,
        values: Mapping[str, str],
        overrides: Mapping[str, SourceRevision],
        kind: str = "STANDARD",
        rollback_of: str | None = None,
        restart_of: str | None = None,
        client_token: str | None = None,
        start: Start | None = None,
        first: bool = False,
        prepare: Callable[[Execution], None] = lambda _: None,
    ) -> Execution:
        """`first` stands before all who wait at the door; `prepare` runs before the thread does."""
        new = NewExecution(
            execution_id=str(uuid.uuid4()),
            key=pipeline.key,
            version=pipeline.version,
            mode=pipeline.execution_mode,
            trigger=trigger,
            kind=kind,
            rollback_of=rollback_of,
            restart_of=restart_of,
            client_token=client_token,
            values=values,
            overrides=overrides,
        )
        number = self.ledger.recorder.start_execution(new, status=PIPELINE.start)
        execution = Execution(
            id=new.execution_id,
            number=number,
            pipeline=pipeline,
            mode=new.mode,
            trigger=trigger,
            status=PIPELINE.start,
            kind=kind,
            rollback_of=rollback_of,
            restart_of=restart_of,
            values=values,
            overrides=overrides,
        )
        prepare(execution)
        self.ledger.begun(execution)
        self.walk(execution, start or Start(), first=first)
        return execution

    def walk(self, execution: Execution, start: Start, *, first: bool = False) -> None:
        lane = self.lanes.of(execution.key)
        with lane.changed:
            lane.executions[execution.id] = execution
            lane.arrive(execution, execution.pipeline.stages[start.stage].name, first=first)
        thread = threading.Thread(
            target=self._walk, args=(execution, start, lane), name=f"execution {execution.id}", daemon=True
        )
        with self._threads_lock:
            self._threads = [found for found in self._threads if found.is_alive()] + [thread]
            thread.start()

    def join(self, timeout: float) -> bool:
        """Wait for every execution's thread; False if one is still alive."""
        end = time.monotonic() + timeout
        while alive := self._alive():
            if time.monotonic() > end:
                return False
            alive[0].join(max(0.0, end - time.monotonic()))
        return True

    def _alive(self) -> list[threading.Thread]:
        with self._threads_lock:
            return [found for found in self._threads if found.is_alive()]

    def cancel(self, execution: Execution, reason: str, *, grace: float) -> None:
        """At once: the execution's own thread finds that it is over."""
        lane = self.lanes.of(execution.key)
        with lane.changed:
            execution.halt, execution.halt_reason = "cancel", reason
            for abandon in list(execution.tasks.values()):
                abandon(reason, grace)
            for stage in execution.pipeline.stages:
                if STAGE.allows(execution.state_of(stage).status, "cancel"):
                    self.ledger.stage(execution, stage, "cancel", reason)
            self.ledger.execution(execution, "cancel", reason)
            lane.wake()

    def _walk(self, execution: Execution, start: Start, lane: Lane) -> None:
        try:
            if self._stages(execution, start, lane):
                with lane.changed:
                    if execution.halt is not None:
                        raise Halted  # a stop came while the last stage ended
                    self.ledger.execution(execution, "succeed")
        except Halted:
            self._conclude(execution, lane)
        except Exception:
            self._break(execution, lane, traceback.format_exc())
        finally:
            with lane.changed:
                if lane.executions.get(execution.id) is execution:
                    del lane.executions[execution.id]

    def _stages(self, execution: Execution, start: Start, lane: Lane) -> bool:
        at_first_door = execution.pipeline.stages[start.stage].name
        lane.enter(execution, at_first_door, wait=partial(self.ledger.waiting, execution))
        stages = execution.pipeline.stages  # not before: the definition may change while one waits
        todo = stages[start.stage : start.stage + 1] if start.only else stages[start.stage :]
        for stage, onward in zip_longest(todo, (later.name for later in todo[1:])):
            entry = start.entry if stage is todo[0] else ORDINARY
            if not self.run_stage(execution, stage, entry, lane, onward=onward):
                return False
        return True

    def _conclude(self, execution: Execution, lane: Lane) -> None:
        """Write down how a halted execution ended, where whoever halted it has not."""
        with lane.changed:
            if execution.halt == "supersede":
                self.ledger.execution(execution, "supersede", execution.halt_reason)
            elif execution.halt == "stop":
                for stage in execution.pipeline.stages:
                    if STAGE.allows(execution.state_of(stage).status, "stopped"):
                        self.ledger.stage(execution, stage, "stopped", execution.halt_reason)
                self.ledger.execution(execution, "stopped", execution.halt_reason)

    def _break(self, execution: Execution, lane: Lane, trace: str) -> None:
        """A mistake of the engine's own must not leave an execution in progress for ever."""
        with lane.changed:
            self.ledger.recorder.log(execution.id, trace)
            summary = f"the rehearsal itself failed: {trace.strip().splitlines()[-1]}"
            for stage in execution.pipeline.stages:
                if STAGE.allows(execution.state_of(stage).status, "fail"):
                    self.ledger.stage(execution, stage, "fail", summary)
            if PIPELINE.allows(execution.status, "fail"):
                self.ledger.execution(execution, "fail", summary)
