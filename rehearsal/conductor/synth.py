"""Runs the project's own synth, offline or against the embedded AWS, by the caller's environment."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from rehearsal.cdk import cli
from rehearsal.cdk.assembly import Assembly, Environment
from rehearsal.cdk.lookups import NO_LOOKUPS, missing_environments
from rehearsal.conductor.handed import Handed
from rehearsal.conductor.problems import Problem
from rehearsal.conductor.remedies import remedy_for

_NOTHING = Handed()


class LookupsNeeded(Problem):
    """The app needs values of accounts that its `cdk.context.json` does not have."""

    def __init__(self, message: str, environments: Sequence[Environment]) -> None:
        super().__init__(
            message,
            remedy="run `npx cdk synth` once with credentials of AWS and commit the cdk.context.json that it "
            "writes; `slipway rehearse` looks up in the embedded AWS without writing it",
        )
        self.environments = environments


def synthesise(
    project: Path,
    *,
    output: Path,
    environment: Mapping[str, str],
    context: Sequence[str] = (),
    handed: Handed = _NOTHING,
    looking_up_in: Path | None = None,
) -> Assembly:
    """Synthesise the working tree as it is into `output`.

    Nothing is looked up, unless from the folder `looking_up_in` with the copied settings of the project.
    """
    if not (project / "cdk.json").is_file():
        raise Problem(
            f"{project} has no cdk.json, so there is nothing to synthesise",
            remedy="name a CDK project, an assembly or a template",
        )
    arguments = ["synth", "--quiet", "--output", str(output), *(f"--context={pair}" for pair in context)]
    arguments += [] if looking_up_in else [NO_LOOKUPS]
    try:
        ended = cli.run(
            project,
            [*arguments, *cli.QUIET],
            environment={**environment, **handed.values},
            folder=looking_up_in,
        )
    except cli.NoCdkError as error:
        raise Problem(str(error), remedy=cli.REMEDY) from error
    if ended.status and not looking_up_in and (missing := missing_environments(output)):
        raise LookupsNeeded(handed.masked(ended.output), missing)
    if ended.status:
        raise Problem(
            handed.masked(
                f"`cdk {' '.join(arguments)}` failed with exit status {ended.status}:\n{ended.output}"
            ),
            remedy=handed.remedy_for(ended.output, os.environ) or remedy_for(ended.output),
        )
    return Assembly(output)
