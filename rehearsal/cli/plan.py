"""`slipway plan`: shows what the synthesised pipeline will do, without running it."""

import json
import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rehearsal.cdk.assembly import AssemblyError
from rehearsal.cli.project import ProjectOption, project_folder
from rehearsal.cli.synth_options import Context, Env
from rehearsal.conductor.alive import alive
from rehearsal.conductor.handed import Handed
from rehearsal.conductor.problems import Problem
from rehearsal.conductor.synth import synthesise
from rehearsal.emulator.environment import offline_environment
from rehearsal.home import Home
from rehearsal.model.errors import DefinitionError
from rehearsal.planning.document import document
from rehearsal.planning.estimate import RunEstimate, estimate
from rehearsal.planning.graph import mermaid
from rehearsal.planning.pipelines import Planned, read_pipelines
from rehearsal.planning.timings import SHIPPED, Timings, TimingsError, load_timings
from rehearsal.planning.tree import tree


class Graph(StrEnum):
    MERMAID = "mermaid"


def plan(
    assembly: Annotated[
        Path | None, typer.Argument(help="A synthesised assembly or a template; default: cdk.out.")
    ] = None,
    project: ProjectOption = None,
    synth: Annotated[bool, typer.Option("--synth", help="Synthesise the project first.")] = False,
    context: Context = None,
    env: Env = None,
    pipeline: Annotated[str | None, typer.Option(help="Only the pipeline of this name.")] = None,
    timings: Annotated[
        Path, typer.Option(help="Your own timing file instead of the public figures.")
    ] = SHIPPED,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    graph: Annotated[Graph | None, typer.Option(help="Print a graph in this language.")] = None,
) -> None:
    """Show the pipeline's stages, actions and artifacts, and how long it will take."""
    if as_json and graph:
        raise Problem("--json and --graph exclude each other", remedy="give only one")
    handed = Handed.of(env or (), os.environ)
    source = _assembly(assembly, project, synth=synth, context=context or (), handed=handed)
    plans = _plans(source, _timings(timings), pipeline)
    if as_json:
        typer.echo(json.dumps({"pipelines": [document(*found) for found in plans]}, indent=2))
    elif graph:
        typer.echo(mermaid(plans), nl=False)
    else:
        console = Console()
        for found in plans:
            console.print(tree(*found))


def _assembly(
    given: Path | None, project: Path | None, *, synth: bool, context: Sequence[str], handed: Handed
) -> Path:
    if given is not None:
        if not given.exists():
            raise Problem(f"{given} does not exist", remedy="name an assembly folder or a template")
        return given
    folder = project_folder(project)
    found = folder / "cdk.out"
    if found.is_dir() and not synth:
        return found
    home = Home.of(folder)
    home.create()
    environment = offline_environment(home=home.root / "cdk-home")
    with alive(lambda text: typer.echo(text, err=True), "cdk synth"):
        return synthesise(
            folder, output=found, environment=environment, context=context, handed=handed
        ).folder


def _timings(file: Path) -> Timings:
    try:
        return load_timings(file)
    except TimingsError as error:
        raise Problem(str(error), remedy="correct the timing file") from error


def _plans(source: Path, timings: Timings, wanted: str | None) -> list[tuple[Planned, RunEstimate]]:
    try:
        found = read_pipelines(source)
    except AssemblyError as error:
        raise Problem(str(error), remedy="synthesise the app with the pipeline") from error
    except DefinitionError as error:
        raise Problem(
            f"{source}: CodePipeline would refuse the pipeline: {error}", remedy="correct it in the app"
        ) from error
    chosen = [planned for planned in found if wanted in (None, planned.pipeline.name)]
    if not chosen:
        names = ", ".join(planned.pipeline.name for planned in found)
        raise Problem(f"there is no pipeline {wanted!r}", remedy=f"the assembly has {names}")
    return [(planned, estimate(planned, timings)) for planned in chosen]
