"""`--only STAGE`: which stages to leave out so that, of those that deliver, just one runs."""

from collections.abc import Mapping
from typing import Any

from rehearsal.cli.problems import Problem

_DELIVERING = {"Deploy", "Approval", "Invoke"}


def stages_besides(name: str | None, definition: Mapping[str, Any]) -> tuple[str, ...]:
    """Stages that only build or test always run: the one that was named needs what they make."""
    if name is None:
        return ()
    delivering = [stage["name"] for stage in definition["stages"] if _delivers(stage)]
    if name not in delivering:
        raise Problem(f"no delivering stage {name!r}", remedy=f"one of: {', '.join(delivering)}")
    return tuple(stage for stage in delivering if stage != name)


def _delivers(stage: Mapping[str, Any]) -> bool:
    return any(action["actionTypeId"]["category"] in _DELIVERING for action in stage["actions"])
