"""Runs the project's own synth, offline or against the embedded AWS, by the caller's environment."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from rehearsal.cdk import cli
from rehearsal.cdk.assembly import Assembly
from rehearsal.conductor.handed import Handed
from rehearsal.conductor.problems import Problem
from rehearsal.conductor.remedies import remedy_for

_NOTHING = Handed()


def synthesise(
    project: Path,
    *,
    output: Path,
    environment: Mapping[str, str],
    context: Sequence[str] = (),
    handed: Handed = _NOTHING,
) -> Assembly:
    """Synthesise the working tree as it is into `output`."""
    if not (project / "cdk.json").is_file():
        raise Problem(
            f"{project} has no cdk.json, so there is nothing to synthesise",
            remedy="name a CDK project, an assembly or a template",
        )
    arguments = ["synth", "--quiet", "--output", str(output), *(f"--context={pair}" for pair in context)]
    try:
        ended = cli.run(project, [*arguments, *cli.QUIET], environment={**environment, **handed.values})
    except cli.NoCdkError as error:
        raise Problem(str(error), remedy=cli.REMEDY) from error
    if ended.status:
        raise Problem(
            handed.masked(
                f"`cdk {' '.join(arguments)}` failed with exit status {ended.status}:\n{ended.said}"
            ),
            remedy=handed.remedy_for(ended.said, os.environ) or remedy_for(ended.said),
        )
    return Assembly(output)
