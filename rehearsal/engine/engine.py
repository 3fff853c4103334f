"""Runs pipelines: all operations of the API, of pushes and of people.

Theory of operation. Each execution is a thread that goes through the pipeline's stages (`launch`). It waits
for its turn at each stage's door (`lane`). In a stage, groups of actions run one after the other, and the
actions of a group in parallel (`stages`, `actions`). States change only in `ledger`, by the table in
`model/transitions`. The state of an execution is in the record at every moment. So a retry, a roll-back and a
restart of the daemon work alike: they read an execution from the record and run it from some stage on.
"""

from collections.abc import Mapping
from functools import partial

from rehearsal.engine.approvals import ApprovalDesk, JobDesk
from rehearsal.engine.definitions import Definitions
from rehearsal.engine.errors import EngineError
from rehearsal.engine.execution import RUNNING, Execution, revive
from rehearsal.engine.lanes import Lanes
from rehearsal.engine.launch import Launcher
from rehearsal.engine.ledger import Ledger
from rehearsal.engine.parts import Parts, compose
from rehearsal.engine.settings import Settings
from rehearsal.engine.world import World
from rehearsal.model.definition import Pipeline, PipelineKey
from rehearsal.model.options import ExecutionOptions
from rehearsal.model.results import SourceRevision
from rehearsal.model.transitions import STAGE
from rehearsal.model.variables import VariableError, pipeline_values
from rehearsal.record.catalogue import Transition
from rehearsal.record.database import WriteError
from rehearsal.record.record import Record, UnknownExecution
from rehearsal.record.views import Run, Trigger

MOST_CONCURRENT = 50


class Engine:
    def __init__(self, *, record: Record, world: World, settings: Settings | None = None) -> None:
        self._parts: Parts = compose(record=record, world=world, settings=settings or Settings())
        self.record = record

    @property
    def approvals(self) -> ApprovalDesk:
        return self._parts.approvals

    @property
    def jobs(self) -> JobDesk:
        return self._parts.jobs

    @property
    def definitions(self) -> Definitions:
        return self._parts.definitions

    def begin(self) -> None:
        """Resume executions of the last daemon; call once, before any other method."""
        self._parts.recovery.go_on()

    def shut_down(self) -> None:
        """Interrupt running actions and record that; approvals continue to wait in the next daemon."""
        self._parts.recovery.cut_off()

    def start(
        self,
        key: PipelineKey,
        *,
        trigger: Trigger,
        values: Mapping[str, str] | None = None,
        overrides: Mapping[str, SourceRevision] | None = None,
        client_token: str | None = None,
    ) -> str:
        """The new execution's id; for a token that was used before, the id of its execution."""
        lane = self._lanes.of(key)
        with lane.changed, self._ledger.transaction("start an execution on request"):
            pipeline = self.definitions.require(key)
            if client_token and (found := self.record.details.started_with(key, client_token)):
                return found
            _check_sources(pipeline, overrides or {})
            resolved = _resolved(pipeline, values or {})
            if pipeline.execution_mode != "SUPERSEDED" and len(lane.executions) >= MOST_CONCURRENT:
                raise EngineError(
                    "ConcurrentPipelineExecutionsLimitExceededException",
                    f"{MOST_CONCURRENT} executions of {key.name} are in progress",
                )
            execution = self._launcher.launch(
                pipeline,
                trigger=trigger,
                values=resolved,
                overrides=overrides or {},
                options=self.record.start_options.take(client_token) or ExecutionOptions(),
                client_token=client_token,
            )
        return execution.id

    def stop(self, key: PipelineKey, execution_id: str, *, abandon: bool, reason: str = "") -> None:
        self.definitions.require(key)
        lane = self._lanes.of(key)
        with lane.changed:
            if execution_id not in lane.executions and (lost := self._lost(key, execution_id)):
                lost.halt = "stop"
                self._parts.ending.end(lost, reason or "stopped on request")
                return
            execution = self._stoppable(key, execution_id, abandon=abandon)
            why = reason or "stopped on request"
            halt = partial(lane.halt, execution, "stop", why)
            try:
                with self._ledger.transaction("stop an execution"):
                    self._ledger.then(halt)
                    self._stop(execution, why, abandon=abandon)
                    self.record.recorder.stopping(execution_id, reason=reason)
            except WriteError as error:
                halt()
                _end_tasks(execution, why, abandon=abandon, record=False)
                raise EngineError(
                    "ConflictException",
                    f"{execution_id} is stopping, but its record cannot be written yet ({error}); "
                    "free some space on the disk",
                ) from error

    def _stop(self, execution: Execution, why: str, *, abandon: bool) -> None:
        if execution.status == "InProgress":
            self._ledger.execution(execution, "stop", why)
            for stage in execution.pipeline.stages:
                if STAGE.allows(execution.state_of(stage).status, "stop"):
                    self._ledger.stage(execution, stage, "stop", why)
        _end_tasks(execution, why, abandon=abandon, record=True)

    def set_transition(
        self, key: PipelineKey, stage: str, *, enabled: bool, reason: str = "", by: str = ""
    ) -> None:
        self._require_stage(key, stage)
        self.record.catalogue.set_transition(
            key, Transition(stage=stage, enabled=enabled, reason=reason, changed_by=by)
        )
        word = "Enabled" if enabled else "Disabled"
        self.record.recorder.event("", "transition", f"{key.name}/{stage}", word, reason)
        self._lanes.of(key).enable(stage, enabled=enabled)

    def retry_stage(self, key: PipelineKey, stage: str, execution_id: str, *, mode: str) -> None:
        """`mode` is `FAILED_ACTIONS` or `ALL_ACTIONS`."""
        self._require_stage(key, stage)
        self._parts.resumption.retry(key, stage, execution_id, mode=mode)

    def override_condition(self, key: PipelineKey, stage: str, execution_id: str, *, kind: str) -> None:
        """`kind` is `BEFORE_ENTRY` or `ON_SUCCESS`."""
        self._require_stage(key, stage)
        self._parts.resumption.override(key, stage, execution_id, kind=kind)

    def roll_back(self, key: PipelineKey, stage: str, target: str, *, by: str = "") -> str:
        """The id of the execution that rolls back."""
        pipeline = self._require_stage(key, stage)
        return self._parts.rollbacks.manual(key, pipeline, stage=stage, target=target, by=by).id

    def wait_until_idle(self, timeout: float) -> bool:
        """Wait until no execution has a thread; False on time-out."""
        return self._launcher.join(timeout)

    @property
    def _lanes(self) -> Lanes:
        return self._parts.lanes

    @property
    def _launcher(self) -> Launcher:
        return self._parts.launcher

    @property
    def _ledger(self) -> Ledger:
        return self._parts.ledger

    def _require_stage(self, key: PipelineKey, stage: str) -> Pipeline:
        pipeline = self.definitions.require(key)
        names = [found.name for found in pipeline.stages]
        if stage not in names:
            raise EngineError(
                "StageNotFoundException", f"{key.name} has no stage {stage!r}; it has {', '.join(names)}"
            )
        return pipeline

    def _stoppable(self, key: PipelineKey, execution_id: str, *, abandon: bool) -> Execution:
        execution = self._lanes.of(key).executions.get(execution_id)
        if execution is None or execution.status not in ("InProgress", "Stopping"):
            raise EngineError(
                "PipelineExecutionNotStoppableException", self._why_not_stoppable(key, execution_id)
            )
        if execution.status == "Stopping" and not abandon:
            raise EngineError("DuplicatedStopRequestException", f"{execution_id} is already stopping")
        return execution

    def _why_not_stoppable(self, key: PipelineKey, execution_id: str) -> str:
        run = self._run(key, execution_id)
        if run is None:
            return f"{key.name} has no execution {execution_id}"
        return f"{execution_id} is {run.status}, not in progress"

    def _lost(self, key: PipelineKey, execution_id: str) -> Execution | None:
        """An execution that is in progress in the record but has no thread; it can only be ended."""
        run = self._run(key, execution_id)
        return revive(self.record, run) if run and run.status in RUNNING else None

    def _run(self, key: PipelineKey, execution_id: str) -> Run | None:
        try:
            run = self.record.run(execution_id)
        except UnknownExecution:
            return None
        same = (run.account, run.region, run.pipeline) == (key.account, key.region, key.name)
        return run if same else None


def _end_tasks(execution: Execution, why: str, *, abandon: bool, record: bool) -> None:
    """End the tasks; what `record=False` leaves out, the execution's thread writes as soon as it can."""
    for end in list(execution.tasks.values()) if abandon else ():
        end(why, 0, record=record)


def _resolved(pipeline: Pipeline, values: Mapping[str, str]) -> Mapping[str, str]:
    try:
        return pipeline_values(pipeline.variables, values)
    except VariableError as error:
        raise EngineError("ValidationException", str(error)) from error


def _check_sources(pipeline: Pipeline, overrides: Mapping[str, SourceRevision]) -> None:
    sources = [action.name for action in pipeline.stages[0].actions]
    for action in overrides:
        if action not in sources:
            raise EngineError(
                "ValidationException",
                f"sourceRevisions names {action!r}; the pipeline's source actions are {', '.join(sources)}",
            )
