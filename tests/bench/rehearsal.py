"""A rehearsal of the last commit: from nothing once, then again and again, and where the time goes."""

import json
import subprocess
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.bench.memory import watched
from tests.bench.table import Figure, show
from tests.e2e.clone import clone_of_head

_WARM_RUNS = 5


def main() -> None:
    clone = clone_of_head("bench")
    cold, peak = _rehearse(clone)
    warm = [_rehearse(clone) for _ in range(_WARM_RUNS)]
    show(
        "Rehearsal, three environments",
        [
            Figure(name="from a fresh clone", samples=[cold["seconds"]]),
            Figure(name="warm", samples=[run["seconds"] for run, _ in warm], goal="under 120 s on 2 cores"),
            Figure(name="memory at the peak", samples=[peak, *(p for _, p in warm)], unit="MB"),
        ],
    )
    _where_the_time_goes(warm[-1][0])


def _rehearse(clone: Path) -> tuple[dict[str, Any], float]:
    """The report, and the memory at the peak in MB."""
    command = ["make", "--silent", "rehearse", "APPROVE=all", "ARGS=--json"]
    with watched() as peak:
        done = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the rehearsal failed: {done.stdout}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1]), peak()


def _where_the_time_goes(report: dict[str, Any]) -> None:
    actions = [
        (action["seconds"] or 0.0, f"{stage['name']} / {action['name']}")
        for stage in report["stages"]
        for action in stage["actions"]
    ]
    console = Console()
    console.print("Where the time of a warm rehearsal goes:")
    for seconds, name in sorted(actions, reverse=True)[:8]:
        console.print(f"  {seconds:6.1f} s  {name}", highlight=False)
