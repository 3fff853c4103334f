"""What a live model makes of what it is asked: measured and reported, and no reason to roll anything back.

A model may misunderstand, be slow or be busy. So each thing that only a model can do is tried a few times,
and what counts is told as a figure: how many were done, and how many at the first attempt.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

ATTEMPTS = 3
"""An agent that has not run lately may take longer to start than the API waits for it."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    what: str
    attempts: int
    done: bool

    @property
    def line(self) -> str:
        outcome = "done   " if self.done else "NOT YET"
        return f"{outcome} {self.what} (attempts: {self.attempts})"


@dataclass(kw_only=True)
class Quality:
    measured: list[Measured] = field(default_factory=list)

    def measure(self, what: str, attempt: Callable[[], bool], *, attempts: int = ATTEMPTS) -> bool:
        """Whether an attempt was good. What it raises is the system's failure and not the model's."""
        number, done = 0, False
        while not done and number < attempts:
            number, done = number + 1, attempt()
        self.measured.append(Measured(what=what, attempts=number, done=done))
        return done

    @property
    def figure(self) -> str:
        """Empty where nothing was asked of a model."""
        if not self.measured:
            return ""
        done = [found for found in self.measured if found.done]
        first = sum(found.attempts == 1 for found in done)
        return f"{len(done)} of {len(self.measured)} done, {first} at the first attempt"

    @property
    def lines(self) -> list[str]:
        return [found.line for found in self.measured]
