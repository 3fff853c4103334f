"""`slipway prune`: frees disk space that is no longer needed."""

import json
from collections.abc import Iterable
from typing import Annotated

import typer

from rehearsal.builds.files.pruning import Leftover, is_building, leftovers
from rehearsal.cli.project import ProjectOption, project_folder
from rehearsal.conductor.problems import Problem
from rehearsal.home import Home

_UNITS = ("B", "kB", "MB", "GB")


def prune(
    project: ProjectOption = None,
    caches: Annotated[
        bool, typer.Option("--caches", help="Also remove this project's build caches; the next is slow.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Remove work folders of ended builds, and builds of deleted projects.

    Artifacts of old executions, logs and stored build results are removed by themselves while the embedded
    AWS runs. Deleting `.slipway/` removes all state of a project.
    """
    home = Home.of(project_folder(project))
    if caches and is_building(home):
        raise Problem(
            "a build is using the caches", remedy="wait for its end, or stop it with `slipway stop`"
        )
    found = list(leftovers(home, caches=caches))
    if not dry_run:
        _remove(found)
        _remove(leftovers(home, caches=False))  # folders that were moved aside
    if as_json:
        typer.echo(json.dumps(_as_json(found, removed=not dry_run)))
    else:
        _tell(found, removed=not dry_run)


def _remove(found: Iterable[Leftover]) -> None:
    for leftover in found:
        leftover.remove()


def _tell(found: list[Leftover], *, removed: bool) -> None:
    for leftover in found:
        typer.echo(f"{_readable(leftover.bytes):>9}  {leftover.what}: {leftover.path}")
    total = _readable(sum(leftover.bytes for leftover in found))
    typer.echo(f"{total:>9}  {'removed' if removed else 'would be removed'}")


def _as_json(found: list[Leftover], *, removed: bool) -> dict[str, object]:
    return {
        "removed": removed,
        "bytes": sum(leftover.bytes for leftover in found),
        "leftovers": [
            {"what": leftover.what, "path": str(leftover.path), "bytes": leftover.bytes} for leftover in found
        ],
    }


def _readable(count: int) -> str:
    size, unit = float(count), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit else f"{count} B"
