"""What the states of the alarms mean for the deployment, in words for people."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline.gate.alarms import ALARM
from pipeline.gate.run import Judged


@dataclass(frozen=True, kw_only=True)
class Verdict:
    run: Judged
    told: tuple[str, ...] = ()
    """Sounded before the deployment, and still do."""
    began: tuple[str, ...] = ()

    @property
    def worse(self) -> bool:
        return bool(self.began)

    @property
    def fails(self) -> bool:
        return self.worse and not self.run.repair

    @property
    def fails_at_once(self) -> bool:
        """A roll-back has until its end: what it undoes may still reach the alarms' windows."""
        return self.fails and not self.run.is_roll_back

    @property
    def lines(self) -> tuple[str, ...]:
        moment = f"{self.run.before:%Y-%m-%d %H:%M:%S} UTC"
        lines = [f"told: {name} sounded before {moment} and still does" for name in self.told]
        lines += [f"{self._word}: {name} has begun to sound since {moment}" for name in self.began]
        return tuple(lines)

    @property
    def _word(self) -> str:
        if self.run.repair:
            return "passed for a repair"
        return "going on" if self.run.is_roll_back else "fatal"

    @property
    def news(self) -> str:
        """One line for the subject of a message; empty where nobody needs to be told."""
        if self.fails:
            return f"{len(self.began)} alarm(s) began to sound: refused"
        if self.run.repair:
            return f"REPAIR LANE used, {len(self.began)} alarm(s) passed"
        return f"{len(self.told)} alarm(s) sound as before" if self.told else ""


def judge(run: Judged, states: Mapping[str, str], sounded_before: Callable[[str], bool]) -> Verdict:
    sounding = sorted(name for name, state in states.items() if state == ALARM)
    told = tuple(name for name in sounding if sounded_before(name))
    return Verdict(run=run, told=told, began=tuple(name for name in sounding if name not in told))
