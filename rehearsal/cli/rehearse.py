"""`slipway rehearse`: runs a commit through the whole pipeline on this machine."""

import contextlib
import json
import math
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rehearsal.cli.cloud import NoIam
from rehearsal.cli.embedded_aws import EmbeddedAws
from rehearsal.cli.places import Account, Region
from rehearsal.cli.project import project_folder, usable_home
from rehearsal.cli.synth_options import Context, Env
from rehearsal.cli.terminal import Terminal
from rehearsal.conductor.execution_policy import BootstrapPolicies
from rehearsal.conductor.handed import Handed
from rehearsal.conductor.problems import Problem
from rehearsal.conductor.rehearsal import RehearsalOptions
from rehearsal.conductor.rehearsal import rehearse as run_rehearsal
from rehearsal.conductor.report import Outcome
from rehearsal.home import Endpoint


def rehearse(
    project: Annotated[
        Path | None, typer.Argument(help="The project's folder; default: the current one.")
    ] = None,
    approve: Annotated[
        list[str] | None, typer.Option(help="Approve this action without asking; `all` for every one.")
    ] = None,
    dirty: Annotated[
        bool, typer.Option("--dirty", help="Rehearse the files as they are, not the last commit.")
    ] = False,
    only: Annotated[str | None, typer.Option(help="Run only this one of the deploying stages.")] = None,
    until: Annotated[
        str, typer.Option(metavar="STAGE", help="Run the stages up to this one; the later ones are skipped.")
    ] = "",
    skip: Annotated[
        list[str] | None,
        typer.Option(metavar="STAGE/ACTION", help="Let this action pass without running it."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the embedded AWS running afterwards.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Fail if anything was recorded only.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON line for programs.")] = False,
    no_iam: NoIam = False,
    reuse: Annotated[bool, typer.Option(help="Reuse results of builds with identical inputs.")] = True,
    pipeline: Annotated[
        str | None, typer.Option(help="The pipeline to run, if the project has several.")
    ] = None,
    redeploy: Annotated[
        bool, typer.Option("--redeploy", help="Deploy the pipeline from the working tree first.")
    ] = False,
    source: Annotated[list[str] | None, typer.Option(help="REPOSITORY=FOLDER for a further source.")] = None,
    bake: Annotated[
        str,
        typer.Option(
            help="Seconds to watch alarms after each environment; `real` for the pipeline's minutes."
        ),
    ] = "2",
    variable: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A variable of the pipeline; repeatable."),
    ] = None,
    context: Context = None,
    env: Env = None,
    execution_policy: Annotated[
        list[Path] | None,
        typer.Option(help="A policy of CloudFormation's role, as JSON; default: administrator rights."),
    ] = None,
    permissions_boundary: Annotated[
        list[Path] | None,
        typer.Option(help="A permissions boundary that the templates name, as JSON; named as its file."),
    ] = None,
    account: Account = None,
    region: Region = None,
) -> None:
    """Run the project's own pipeline on this machine, from the last commit to prod."""
    folder = project_folder(project)
    options = RehearsalOptions(
        project=folder,
        pipeline=pipeline,
        dirty=dirty,
        only=only,
        until=until,
        skip=tuple(skip or ()),
        strict=strict,
        redeploy=redeploy,
        bake=_bake(bake),
        reuse_builds=reuse and not os.environ.get("SLIPWAY_NO_REUSE"),
        variables=dict(map(_variable, variable or ())),
        context=tuple(context or ()),
        handed=Handed.of(env or (), os.environ),
        policies=BootstrapPolicies.of(
            execution=execution_policy or (), boundaries=permissions_boundary or ()
        ),
        other_sources=dict(map(_source, source or ())),
    )
    home = usable_home(folder)
    console = Console(stderr=as_json)

    def perform(endpoint: Endpoint) -> Outcome:
        terminal = Terminal(console=console, home=home, endpoint=endpoint, approve=tuple(approve or ()))
        with terminal:
            outcome = run_rehearsal(options, home=home, endpoint=endpoint, interaction=terminal.interaction())
        terminal.report(outcome)
        return outcome

    outcome = EmbeddedAws(home, enforce_iam=not no_iam, keep=keep).run(
        perform, account=account, region=region
    )
    if as_json:
        typer.echo(json.dumps(outcome.as_json()))
    sys.exit(outcome.exit_code)


def _bake(text: str) -> float | None:
    if text == "real":
        return None
    with contextlib.suppress(ValueError):
        if 0 <= (seconds := float(text)) < math.inf:
            return seconds
    raise Problem(f"--bake {text}: neither seconds nor `real`", remedy="give a number")


def _variable(pair: str) -> tuple[str, str]:
    name, equals, value = pair.partition("=")
    if not (name and equals and value):
        raise Problem(f"--variable {pair}: not NAME=VALUE", remedy="give the variable a value")
    return name, value


def _source(pair: str) -> tuple[str, Path]:
    name, equals, folder = pair.partition("=")
    if not equals or not Path(folder).is_dir():
        raise Problem(f"--source {pair}: not REPOSITORY=FOLDER", remedy="name a folder that exists")
    return name, Path(folder).resolve()
