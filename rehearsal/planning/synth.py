"""The project's own synth, offline: no credential of the person's reaches it."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path


class SynthError(Exception):
    """The project did not synthesise; the message ends with what the CDK CLI said."""


def synthesise(project: Path, *, context: Sequence[str] = ()) -> Path:
    """Run `npx cdk synth -q` in the project and return the assembly it wrote."""
    if not (project / "cdk.json").is_file():
        raise SynthError(f"{project} has no cdk.json, so there is nothing to synthesise")
    command = [
        "npx",
        "cdk",
        "synth",
        "--quiet",
        "--output",
        "cdk.out",
        *(f"--context={pair}" for pair in context),
    ]
    done = subprocess.run(
        command, cwd=project, env=_environment(project), capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-30:])
        raise SynthError(f"`{' '.join(command)}` failed in {project}:\n{said}")
    return project / "cdk.out"


def _environment(project: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    own = [folder for folder in (project / ".venv" / "bin", project / "venv" / "bin") if folder.is_dir()]
    return kept | {
        "PATH": os.pathsep.join([*map(str, own), kept.get("PATH", "")]),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }
