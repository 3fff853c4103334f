"""Starts executions, each in its own thread, and runs their stages in order.

If the end of an execution cannot be written (full disk), its thread retries until it can, or until the daemon
ends; then the next daemon writes it. So no execution stays in progress for ever.
"""

import logging
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from typing import Protocol

from rehearsal.engine.ending import Ending
from rehearsal.engine.errors import Halted
from rehearsal.engine.execution import Execution
from rehearsal.engine.lane import Lane
from rehearsal.engine.lanes import Lanes
from rehearsal.engine.ledger import Ledger
from rehearsal.engine.settings import Settings
from rehearsal.model.definition import Pipeline, Stage
from rehearsal.model.options import ExecutionOptions
from rehearsal.model.position import ORDINARY, Entry, Position
from rehearsal.model.results import SourceRevision
from rehearsal.model.transitions import PIPELINE, STAGE
from rehearsal.record.database import WriteError
from rehearsal.record.recorder import NewExecution
from rehearsal.record.views import Trigger

_log = logging.getLogger("rehearsal.engine")


class RunStage(Protocol):
    def __call__(
        self, execution: Execution, stage: Stage, entry: Entry, lane: Lane, *, onward: str | None
    ) -> bool:
        """False if the stage, and so the execution, failed."""


@dataclass(kw_only=True)
class Launcher:
    ledger: Ledger
    lanes: Lanes
    settings: Settings
    ending: Ending
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
        options: ExecutionOptions,
        kind: str = "STANDARD",
        rollback_of: str | None = None,
        restart_of: str | None = None,
        client_token: str | None = None,
        position: Position | None = None,
        prepare: Callable[[Execution], None] = lambda _: None,
    ) -> Execution:
        """`prepare` writes more in the same transaction; the thread starts after it."""
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
            position=position or Position(stage=pipeline.stages[0].name),
            options=options,
        )
        with self.ledger.transaction("start an execution"):
            execution = _begun(new, pipeline, number=self._record(new))
            prepare(execution)
            self.ledger.begun(execution)
            self.walk(execution)
        return execution

    def _record(self, new: NewExecution) -> int:
        return self.ledger.recorder.start_execution(new, status=PIPELINE.start)

    def walk(self, execution: Execution) -> None:
        """Run from the execution's position, once the open transaction is committed."""
        self.ledger.then(partial(self._set_out, execution))

    def _set_out(self, execution: Execution) -> None:
        lane, position = self.lanes.of(execution.key), execution.position
        with lane.changed:
            lane.executions[execution.id] = execution
            if not position.finished:
                lane.arrive(execution, position.stage, first=position.first)
        thread = threading.Thread(
            target=self._walk, args=(execution, lane), name=f"execution {execution.id}", daemon=True
        )
        with self._threads_lock:
            self._threads = [found for found in self._threads if found.is_alive()] + [thread]
            thread.start()

    def join(self, timeout: float) -> bool:
        """Wait for the threads of all executions; False on time-out."""
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
        """Cancel in the record at once; the execution's own thread notices later."""
        lane = self.lanes.of(execution.key)
        with lane.changed, self.ledger.transaction("cancel an execution"):
            self.ledger.then(partial(lane.halt, execution, "cancel", reason))
            for abandon in list(execution.tasks.values()):
                abandon(reason, grace)
            if not self.ledger.closed:
                self.ending.cancel_conditions(execution, reason)
            for stage in execution.pipeline.stages:
                if STAGE.allows(execution.state_of(stage).status, "cancel"):
                    self.ledger.stage(execution, stage, "cancel", reason)
            self.ledger.execution(execution, "cancel", reason)

    def _walk(self, execution: Execution, lane: Lane) -> None:
        try:
            self._stages_and_success(execution, lane)
        except Halted:
            self._until_written(lane, partial(self._conclude, execution))
        except Exception:
            self._until_written(lane, partial(self._break, execution, traceback.format_exc()))
        finally:
            lane.depart(execution)

    def _stages_and_success(self, execution: Execution, lane: Lane) -> None:
        if not execution.position.finished and not self._stages(execution, lane):
            return
        with lane.changed:
            if execution.halt is not None:
                raise Halted  # a stop was requested while the last stage ended
            self.ledger.execution(execution, "succeed")

    def _stages(self, execution: Execution, lane: Lane) -> bool:
        position = execution.position
        lane.enter(execution, position.stage, wait=partial(self.ledger.waiting, execution))
        stages = execution.pipeline.stages  # read only now: the definition may change while it waits
        start = [stage.name for stage in stages].index(position.stage)
        todo = stages[start : start + 1] if position.only else stages[start:]
        for stage, onward in zip_longest(todo, (later.name for later in todo[1:])):
            entry = position.entry if stage is todo[0] else ORDINARY
            if not self.run_stage(execution, stage, entry, lane, onward=onward):
                return False
        return True

    def _until_written(self, lane: Lane, write: Callable[[], None]) -> None:
        complained = False
        while not self.ledger.closed:
            try:
                with lane.changed:
                    write()
            except WriteError:
                if not complained:
                    _log.exception("the end of an execution cannot be written; trying again")
                complained = True
                time.sleep(self.settings.write_again_seconds)
            else:
                return

    def _conclude(self, execution: Execution) -> None:
        """Record the end of a halted execution, unless the halting thread has."""
        if execution.halt == "supersede":
            self.ledger.execution(execution, "supersede", execution.halt_reason)
        elif execution.halt == "stop":
            self.ending.end(execution, execution.halt_reason)

    def _break(self, execution: Execution, trace: str) -> None:
        """End the execution after an engine error or a failed write, so that it does not stay in progress."""
        if self.ledger.closed:
            return
        summary = f"internal error of the rehearsal: {trace.strip().splitlines()[-1]}"
        with self.ledger.transaction("end a broken execution"):
            self.ledger.recorder.log(execution.id, trace)
            self.ending.end(execution, summary)


def _begun(new: NewExecution, pipeline: Pipeline, *, number: int) -> Execution:
    assert new.position is not None  # noqa: S101 - set by `launch`
    return Execution(
        id=new.execution_id,
        number=number,
        pipeline=pipeline,
        mode=new.mode,
        trigger=new.trigger,
        status=PIPELINE.start,
        position=new.position,
        options=new.options,
        kind=new.kind,
        rollback_of=new.rollback_of,
        restart_of=new.restart_of,
        values=new.values,
        overrides=new.overrides,
    )
