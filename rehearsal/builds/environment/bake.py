"""Builds that watch a deployment for some minutes.

The variable `SLIPWAY_BAKE_MINUTES` of the buildspec or the project says for how many. A rehearsal tells such
a build in `SLIPWAY_BAKE_SECONDS` how long it is to watch here: what `--bake` says, as for a stage's alarm
rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rehearsal.builds.running.phases import PhaseError

BAKE_MINUTES = "SLIPWAY_BAKE_MINUTES"
BAKE_SECONDS = "SLIPWAY_BAKE_SECONDS"


@dataclass(frozen=True, kw_only=True)
class Bake:
    minutes: float
    seconds: float
    """To watch in this rehearsal."""

    @property
    def variables(self) -> Mapping[str, str]:
        return {BAKE_SECONDS: f"{self.seconds:g}"}

    @property
    def difference(self) -> str:
        """Empty where it watches as long as on AWS."""
        if self.seconds >= 60 * self.minutes:
            return ""
        return f"watches for {self.seconds:g} s instead of {self.minutes:g} min; `--bake real` waits"


def bake_of(variables: Mapping[str, str], seconds: float | None) -> Bake | None:
    """None for a build that watches nothing; `seconds` is None where it watches its own minutes."""
    minutes = minutes_of(variables)
    if minutes is None:
        return None
    real = 60 * minutes
    return Bake(minutes=minutes, seconds=real if seconds is None else min(seconds, real))


def minutes_of(variables: Mapping[str, str]) -> float | None:
    text = variables.get(BAKE_MINUTES, "").strip()
    if not text:
        return None
    if not text.replace(".", "", 1).isdecimal() or not text.isascii():
        raise PhaseError("CLIENT_ERROR", f"{BAKE_MINUTES}: {text!r} is not a number of minutes")
    return float(text)
