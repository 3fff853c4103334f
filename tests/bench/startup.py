"""How long `slipway up` takes until the embedded AWS answers."""

import subprocess
import tempfile

from tests.bench.table import Figure, show, timed
from tests.rehearsal.cli.command import SLIPWAY


def main() -> None:
    with tempfile.TemporaryDirectory() as project:
        samples = []
        for _ in range(7):
            samples += timed(lambda: _slipway("up", project), runs=1)
            _slipway("down", project)
    show("Start", [Figure(name="slipway up, until it answers", samples=samples, goal="≤ 2 s")])


def _slipway(command: str, project: str) -> None:
    subprocess.run([SLIPWAY, command, "--project", project], check=True, capture_output=True)
