"""One way to measure and one way to print, so that figures of different parts compare."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

RUNS = 5


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One row; `samples` in `unit`, `goal` in words where the project set itself one."""

    name: str
    samples: Sequence[float]
    unit: str = "s"
    goal: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.samples)


def timed(work: Callable[[], object], *, runs: int = RUNS) -> list[float]:
    return [_seconds(work) for _ in range(runs)]


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def show(title: str, figures: Sequence[Figure]) -> None:
    table = Table(title=title, title_justify="left")
    for heading in ("figure", "median", "best", "worst", "runs", "goal"):
        table.add_column(heading, justify="left" if heading in {"figure", "goal"} else "right")
    for figure in figures:
        table.add_row(
            figure.name,
            f"{figure.median:.3g} {figure.unit}",
            f"{min(figure.samples):.3g}",
            f"{max(figure.samples):.3g}",
            str(len(figure.samples)),
            figure.goal,
        )
    Console().print(table)
