"""The project's own synth, offline: no credential of the person's reaches it."""

from collections.abc import Sequence
from pathlib import Path

from rehearsal import cdk_cli
from rehearsal.emulator.environment import offline_environment

_LINES_SHOWN = 30


class SynthError(Exception):
    """The project did not synthesise; the message ends with what the CDK CLI said."""


def synthesise(project: Path, *, home: Path, context: Sequence[str] = ()) -> Path:
    """Run `cdk synth` in the project and return the assembly it wrote. `home` is the HOME it gets."""
    if not (project / "cdk.json").is_file():
        raise SynthError(f"{project} has no cdk.json, so there is nothing to synthesise")
    arguments = ["synth", "--quiet", "--output", "cdk.out", *(f"--context={pair}" for pair in context)]
    try:
        ended = cdk_cli.run(project, arguments, environment=offline_environment(home=home))
    except cdk_cli.NoCdkError as error:
        raise SynthError(f"{error}: {cdk_cli.REMEDY}") from error
    if ended.status:
        said = "\n".join(ended.said.splitlines()[-_LINES_SHOWN:])
        raise SynthError(f"`cdk {' '.join(arguments)}` failed in {project}:\n{said}")
    return project / "cdk.out"
