"""Which repository and branch a source action reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rehearsal.model.definition import Action


@dataclass(frozen=True, kw_only=True)
class Origin:
    repository: str
    branch: str


def _by_connection(values: Mapping[str, str]) -> Origin:
    return Origin(repository=values["FullRepositoryId"], branch=values["BranchName"])


def _by_codecommit(values: Mapping[str, str]) -> Origin:
    return Origin(repository=values["RepositoryName"], branch=values["BranchName"])


def _by_github(values: Mapping[str, str]) -> Origin:
    return Origin(repository=f"{values['Owner']}/{values['Repo']}", branch=values["Branch"])


_READERS: Mapping[str, Callable[[Mapping[str, str]], Origin]] = {
    "CodeStarSourceConnection": _by_connection,
    "CodeConnections": _by_connection,
    "CodeCommit": _by_codecommit,
    "GitHub": _by_github,
}


def origin_of(action: Action) -> Origin | None:
    """None for an action that reads no git repository."""
    if action.type.category != "Source" or action.type.provider not in _READERS:
        return None
    return _READERS[action.type.provider](action.configuration)
