"""How long a build watches that says so in `SLIPWAY_BAKE_MINUTES`."""

import pytest

from rehearsal.builds.environment.bake import BAKE_MINUTES, bake_of
from rehearsal.builds.running.phases import PhaseError


@pytest.mark.parametrize(
    ("minutes", "asked", "watched", "said"),
    [
        ("15", 2.0, "2", "watches for 2 s instead of 15 min; `--bake real` waits"),
        ("0.5", 60.0, "30", ""),
        ("5", None, "300", ""),
        ("0", 2.0, "0", ""),
    ],
)
def test_it_watches_as_long_as_asked_and_never_longer_than_on_aws(
    minutes: str, asked: float | None, watched: str, said: str
) -> None:
    bake = bake_of({BAKE_MINUTES: minutes}, asked)
    assert bake
    assert (dict(bake.variables), bake.difference) == ({"SLIPWAY_BAKE_SECONDS": watched}, said)


@pytest.mark.parametrize("variables", [{}, {BAKE_MINUTES: ""}, {"BAKE_MINUTES": "15"}])
def test_other_builds_watch_nothing(variables: dict[str, str]) -> None:
    assert bake_of(variables, 2.0) is None


@pytest.mark.parametrize("minutes", ["soon", "-1", "1e3", "²", "1.2.3", "inf"])
def test_what_is_no_number_fails_the_build(minutes: str) -> None:
    with pytest.raises(PhaseError, match=r"SLIPWAY_BAKE_MINUTES: .* is not a number of minutes"):
        bake_of({BAKE_MINUTES: minutes}, 2.0)
