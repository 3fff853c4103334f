"""The `slipway` command: one file for each subcommand, registered here only."""

import contextlib
import sys
from collections.abc import Collection
from importlib import import_module
from typing import NoReturn

import typer

from rehearsal.cli.failures import explained
from rehearsal.conductor.exits import Exit
from rehearsal.conductor.problems import Problem

COMMANDS = {
    "plan": "rehearsal.cli.plan",
    "rehearse": "rehearsal.cli.rehearse",
    "up": "rehearsal.cli.cloud",
    "down": "rehearsal.cli.cloud",
    "env": "rehearsal.cli.cloud",
    "status": "rehearsal.cli.status",
    "logs": "rehearsal.cli.logs",
    "gaps": "rehearsal.cli.gaps",
    "approve": "rehearsal.cli.approval",
    "reject": "rehearsal.cli.approval",
    "retry": "rehearsal.cli.control",
    "stop": "rehearsal.cli.control",
    "prune": "rehearsal.cli.prune",
    "doctor": "rehearsal.cli.doctor",
}
"""Each command, and the module with the function of that name."""


def application(names: Collection[str] = ()) -> typer.Typer:
    """All commands, or only those named, because each import makes the start slower."""
    app = typer.Typer(
        name="slipway",
        help="Deliver AWS applications by a pipeline that you can rehearse on your own machine.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name, module in COMMANDS.items():
        if not names or name in names:
            app.command(name)(getattr(import_module(module), name))
    app.callback()(_group)
    return app


def _group() -> None:
    """Make typer treat `slipway NAME` as a group's command even if only one is loaded."""


def main() -> NoReturn:
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        application({asked} & COMMANDS.keys())(standalone_mode=True)
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        sys.exit(Exit.FAILED)
    except Exception as error:
        problem = error if isinstance(error, Problem) else explained(error)
        if problem is None:
            raise
        _tell(problem)
        sys.exit(problem.exit_code)
    sys.exit(Exit.SUCCEEDED)


def _tell(problem: Problem) -> None:
    with contextlib.suppress(OSError):  # the reader of the output may have exited
        typer.secho(f"error: {problem}", fg="red", err=True)
        typer.echo(f"  → {problem.remedy}", err=True)
