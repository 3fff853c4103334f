"""Creates, updates and deletes pipelines; an update may restart running executions.

`RestartExecutionOnUpdate` is CloudFormation's property: running executions are cancelled, and the newest of
them is repeated with the same source revisions on the new definition. Without the property they continue
with the definition with which they started. A queued execution uses the new definition. Creating a pipeline,
or updating it while nothing runs, starts no execution here, unlike on AWS: the person who rehearses decides
what to run.

A pipeline whose synthesis is not deterministic updates itself in every execution and, on AWS, loops for ever.
Here the second update by the same revision is reported and the third is not repeated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rehearsal.engine.errors import EngineError
from rehearsal.engine.execution import Execution
from rehearsal.engine.lane import Lane
from rehearsal.engine.lanes import Lanes
from rehearsal.engine.launch import Launcher
from rehearsal.engine.ledger import Ledger
from rehearsal.engine.ports import UnsupportedAction, UnsupportedType
from rehearsal.engine.skipping import how_to_skip
from rehearsal.engine.world import World
from rehearsal.model.action_types import known
from rehearsal.model.definition import Action, Pipeline, PipelineKey, Stage
from rehearsal.model.options import ExecutionOptions
from rehearsal.model.position import Position
from rehearsal.model.results import Fidelity, Gap, SourceRevision
from rehearsal.model.transitions import PIPELINE
from rehearsal.model.validate import rules
from rehearsal.record.record import Record
from rehearsal.record.views import Trigger

MOST_REPEATS = 2
_NOTHING = ExecutionOptions()
_CHANGED = "the pipeline's definition was updated before the execution could be completed"


@dataclass(kw_only=True)
class Definitions:
    world: World
    record: Record
    ledger: Ledger
    lanes: Lanes
    launcher: Launcher

    def create(
        self, pipeline: Pipeline, *, tags: Mapping[str, str] | None = None, asked: ExecutionOptions = _NOTHING
    ) -> Pipeline:
        """`asked` names actions that the person skips, so that they need no provider."""
        self.world.check_role(pipeline)
        with self.ledger.transaction("create a pipeline"):
            if self.record.catalogue.find(pipeline.key):
                raise EngineError(
                    "PipelineNameInUseException",
                    f"a pipeline named {pipeline.name} exists in {pipeline.region}",
                )
            return self._save(pipeline, tags, (asked,))

    def update(
        self, pipeline: Pipeline, *, restart: bool = False, asked: ExecutionOptions = _NOTHING
    ) -> Pipeline:
        """Save and return the new version; an identical definition makes no new version.

        An execution that updates its own pipeline skips the same actions in the new definition.
        """
        self.world.check_role(pipeline)
        lane = self.lanes.of(pipeline.key)
        with lane.changed, self.ledger.transaction("update a pipeline"):
            found = self.require(pipeline.key)
            if replace(pipeline, version=found.version, restart_on_update=found.restart_on_update) == found:
                return found
            running = (execution.options for execution in lane.executions.values())
            saved = self._save(pipeline, None, (asked, *running))
            for execution in lane.executions.values():
                self._rebind(execution, saved)
            if restart:
                self._restart(saved, lane)
        return saved

    def delete(self, key: PipelineKey) -> None:
        """Delete the pipeline and cancel its executions; deleting a missing one is no error, as on AWS."""
        if self.record.catalogue.find(key) is None:
            return
        lane = self.lanes.of(key)
        with lane.changed, self.ledger.transaction("delete a pipeline and cancel its executions"):
            for execution in _cancellable(lane):
                self.launcher.cancel(execution, "the pipeline was deleted", grace=0)
            self.record.catalogue.remove(key)
            self.ledger.then(lambda: self.lanes.forget(key))

    def require(self, key: PipelineKey) -> Pipeline:
        found = self.record.catalogue.find(key)
        if found is None:
            raise EngineError(
                "PipelineNotFoundException",
                f"account {key.account} has no pipeline {key.name!r} in {key.region}",
            )
        return found.pipeline

    def _save(
        self, pipeline: Pipeline, tags: Mapping[str, str] | None, asked: Sequence[ExecutionOptions]
    ) -> Pipeline:
        self._check_providers(pipeline, asked)
        version = self.record.catalogue.newest_version(pipeline.key) + 1
        saved = replace(pipeline, version=version)
        self.record.catalogue.save(saved, tags=tags)
        self.record.recorder.event("", "pipeline", pipeline.name, "Defined", f"version {version}")
        return saved

    def _rebind(self, execution: Execution, saved: Pipeline) -> None:
        same_door = saved.stages[0].name == execution.pipeline.stages[0].name
        if same_door and not execution.begun:
            self.record.recorder.rebind(execution.id, version=saved.version)
            self.ledger.then(lambda: setattr(execution, "pipeline", saved))

    def _check_providers(self, pipeline: Pipeline, asked: Sequence[ExecutionOptions]) -> None:
        """Refuse unsupported actions now instead of in the middle of an execution."""
        unknown: dict[tuple[str, str], UnsupportedType] = {}
        for stage in pipeline.stages:
            try:
                for action in stage.actions:
                    if not any(one.skips(stage.name, action.name, pipeline) for one in asked):
                        self._check(stage, action, unknown)
                for rule in rules(stage):
                    self.world.rule(rule.provider).check(rule)
            except UnsupportedAction as error:
                raise EngineError(
                    "InvalidActionDeclarationException", f"stage {stage.name!r}: {error}"
                ) from error
        for (stage_name, action_name), reason in unknown.items():
            raise EngineError(
                "InvalidActionDeclarationException",
                f"stage {stage_name!r}, action {action_name!r}: {reason}; {how_to_skip(unknown)}",
            )

    def _check(self, stage: Stage, action: Action, unknown: dict[tuple[str, str], UnsupportedType]) -> None:
        try:
            self.world.provider(action.type).check(action)
        except UnsupportedType as error:
            unknown[stage.name, action.name] = error

    def _restart(self, saved: Pipeline, lane: Lane) -> None:
        begun = [execution for execution in _cancellable(lane) if execution.begun]
        standard = [execution for execution in begun if execution.kind == "STANDARD"]
        if not begun:
            return
        if standard:
            self._repeat(max(standard, key=lambda execution: execution.number), saved)
        for execution in begun:
            self.launcher.cancel(execution, _CHANGED, grace=self.launcher.settings.cancel_grace_seconds)

    def _repeat(self, execution: Execution, saved: Pipeline) -> None:
        repeats = self._repeats(execution)
        if repeats:
            self._report_loop(execution, repeats)
        if repeats >= MOST_REPEATS:
            return
        self.launcher.launch(
            saved,
            trigger=Trigger(kind="StartPipelineExecution", detail="the pipeline changed itself"),
            values={name: value for name, value in execution.values.items() if _declares(saved, name)},
            overrides=self._revisions(execution, saved),
            options=execution.options,
            restart_of=execution.id,
            position=Position(stage=saved.stages[0].name, first=True),
        )

    def _repeats(self, execution: Execution) -> int:
        """How many times this execution's revisions have updated the pipeline before."""
        count, previous = 0, execution.restart_of
        while previous:
            count, previous = count + 1, self.record.run(previous).restart_of
        return count

    def _report_loop(self, execution: Execution, repeats: int) -> None:
        stops = "; it is not repeated again" if repeats >= MOST_REPEATS else ""
        reason = (
            f"the same revision changed the pipeline's definition {repeats + 1} times, so its synthesis "
            f"gives another result each time; on AWS it would restart for ever{stops}"
        )
        gap = Gap(subject=f"pipeline {execution.key.name}", fidelity=Fidelity.EMULATED, reason=reason)
        self.ledger.recorder.gap(execution.id, gap)
        self.ledger.recorder.event(execution.id, "pipeline", execution.key.name, "Looping", reason)

    def _revisions(self, execution: Execution, saved: Pipeline) -> dict[str, SourceRevision]:
        """The revisions of the cancelled execution, for those source actions that still exist."""
        sources = {action.name: known(action.type).revision_kind for action in saved.stages[0].actions}
        fetched = {
            found.action: SourceRevision(
                revision_id=found.revision_id,
                summary=found.summary,
                url=found.url,
                kind=sources.get(found.action, "COMMIT_ID"),
            )
            for found in self.record.run(execution.id).revisions
        }
        chosen = {**execution.overrides, **fetched}
        return {action: revision for action, revision in chosen.items() if action in sources}


def _cancellable(lane: Lane) -> list[Execution]:
    """Without executions that have ended but whose thread has not returned yet."""
    return [found for found in lane.executions.values() if PIPELINE.allows(found.status, "cancel")]


def _declares(pipeline: Pipeline, name: str) -> bool:
    return any(variable.name == name for variable in pipeline.variables)
