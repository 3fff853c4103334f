"""The repository and branch of a source action."""

from dataclasses import dataclass

from rehearsal.model.action_types import known
from rehearsal.model.definition import Action


@dataclass(frozen=True, kw_only=True)
class Origin:
    repository: str
    branch: str


def origin_of(action: Action) -> Origin | None:
    """None for an action without a git repository."""
    kind = known(action.type)
    if not kind.repository:
        return None
    values = action.configuration
    return Origin(repository=kind.repository.format_map(values), branch=kind.branch.format_map(values))
