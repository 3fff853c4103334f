"""`--only STAGE`: the deploying stages to leave out."""

from rehearsal.conductor.problems import Problem
from rehearsal.model.definition import Pipeline, Stage

_DELIVERING = {"Deploy", "Approval", "Invoke"}


def stages_besides(name: str | None, pipeline: Pipeline) -> tuple[str, ...]:
    """Stages that only build or test always run, because the chosen stage needs their artifacts."""
    if name is None:
        return ()
    delivering = [stage.name for stage in pipeline.stages if _delivers(stage)]
    if name not in delivering:
        raise Problem(f"no deploying stage {name!r}", remedy=f"one of: {', '.join(delivering)}")
    return tuple(stage for stage in delivering if stage != name)


def _delivers(stage: Stage) -> bool:
    return any(action.type.category in _DELIVERING for action in stage.actions)
