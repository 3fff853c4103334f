"""`--skip STAGE/ACTION` and `--until STAGE`: names are checked, and what a skipped action would have made.

An action that needs the artifact or a variable of a skipped one would fail late, after the builds.
"""

from collections.abc import Callable, Iterator

from rehearsal.conductor.problems import Problem
from rehearsal.model.definition import Action, Pipeline, Stage
from rehearsal.model.options import ExecutionOptions
from rehearsal.model.variables import references


def check_skips(
    options: ExecutionOptions, pipeline: Pipeline, *, new: bool, say: Callable[[str], None]
) -> None:
    """`new` says that the pipeline was deployed from these sources, so that no update brings more actions."""
    stages = [stage.name for stage in pipeline.stages]
    if options.until and options.until not in stages:
        raise Problem(f"--until {options.until}: no such stage", remedy=f"one of: {', '.join(stages)}")
    known = {f"{stage.name}/{action.name}" for stage, action in _actions(pipeline)}
    for name in options.skipped:
        if name not in known:
            _unknown(name, known, new=new, say=say)
    for skipped, needed_by, what in _needed(options, pipeline):
        raise Problem(
            f"{skipped} is skipped, and {needed_by} needs its {what}",
            remedy=f"add --skip {needed_by} too, or rehearse up to the stage before it with --until STAGE",
        )


def _unknown(name: str, known: set[str], *, new: bool, say: Callable[[str], None]) -> None:
    if new or "/" not in name:
        raise Problem(
            f"--skip {name}: the pipeline has no such action", remedy=f"one of: {', '.join(sorted(known))}"
        )
    say(f"--skip {name}: the deployed pipeline has no such action; it is skipped if its update brings one")


def _needed(options: ExecutionOptions, pipeline: Pipeline) -> Iterator[tuple[str, str, str]]:
    """Each skipped action, an action that runs and needs it, and what of it is needed."""
    running, skipped = [], []
    for stage, action in _actions(pipeline):
        if options.skips(stage.name, action.name, pipeline):
            skipped.append((f"{stage.name}/{action.name}", action))
        else:
            running.append((f"{stage.name}/{action.name}", action))
    for name, action in skipped:
        for user, consumer in running:
            if what := _used(action, consumer):
                yield name, user, what


def _used(action: Action, consumer: Action) -> str:
    for artifact in action.output_artifacts:
        if artifact in consumer.input_artifacts:
            return f"artifact {artifact!r}"
    values = "\n".join(consumer.configuration.values())
    if action.namespace and any(found.namespace == action.namespace for found in references(values)):
        return f"variables {action.namespace!r}"
    return ""


def _actions(pipeline: Pipeline) -> Iterator[tuple[Stage, Action]]:
    return ((stage, action) for stage in pipeline.stages for action in stage.actions)
