"""How long a synth takes, checks included, for 1, 3 and 10 environments' worth of stacks."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.bench.table import Figure, show, timed

ROOT = Path(__file__).resolve().parents[2]
_PIPELINE = """\
name = "bench"

[[pipeline]]
repository = "example/bench"
applications = {{ second_brain = [{names}] }}
"""
_ENVIRONMENT = """
[[environment]]
name = "env{number}"
tier = "dev"
region = "us-east-1"
availability_zones = ["use1-az1", "use1-az2"]
"""


def main() -> None:
    shipped = Figure(
        name="the shipped configuration", samples=timed(lambda: _synth(None)), goal="under 30 s on 2 cores"
    )
    grown = [_figure(environments) for environments in (1, 3, 10)]
    show("Synth, cdk-nag and template validation included", [shipped, *grown])


def _figure(environments: int) -> Figure:
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder) / "delivery.toml"
        configuration.write_text(_configuration(environments))
        samples = timed(lambda: _synth(configuration), runs=3)
    return Figure(name=f"{environments} environment{'s' * (environments > 1)}", samples=samples)


def _configuration(environments: int) -> str:
    numbers = range(1, environments + 1)
    names = ", ".join(f'"env{number}"' for number in numbers)
    return _PIPELINE.format(names=names) + "".join(_ENVIRONMENT.format(number=n) for n in numbers)


def _synth(configuration: Path | None) -> None:
    out = tempfile.mkdtemp()
    chosen = {"SLIPWAY_CONFIG": str(configuration)} if configuration else {}
    # Nobody keeps policies for environments that are made up.
    unchecked = ["-c", "permissions=unchecked"] if configuration else []
    try:
        subprocess.run(
            ["npx", "--no-install", "cdk", "synth", "--quiet", "--output", out, *unchecked],
            cwd=ROOT,
            env={**os.environ, **chosen},
            check=True,
            capture_output=True,
        )
    finally:
        shutil.rmtree(out)
