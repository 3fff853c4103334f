"""The `slipway` command: one file for each subcommand, registered here only."""

import contextlib
import json
import sys
from collections.abc import Collection, Mapping
from importlib import import_module
from typing import NoReturn

import typer
from typer.exceptions import TyperException

from rehearsal.cli.failures import explained
from rehearsal.cli.help_words import Command
from rehearsal.conductor.exits import Exit
from rehearsal.conductor.problems import Problem

_SIGNALS = 128
"""A command that a signal ends has the exit code 128 and the signal's number."""
COMMANDS = {
    "plan": "rehearsal.cli.plan",
    "rehearse": "rehearsal.cli.rehearse",
    "up": "rehearsal.cli.cloud",
    "down": "rehearsal.cli.cloud",
    "env": "rehearsal.cli.cloud",
    "status": "rehearsal.cli.status",
    "logs": "rehearsal.cli.logs",
    "gaps": "rehearsal.cli.gaps",
    "processes": "rehearsal.cli.processes",
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
            app.command(name, cls=Command)(getattr(import_module(module), name))
    app.callback()(_group)
    return app


def _group() -> None:
    """Make typer treat `slipway NAME` as a group's command even if only one is loaded."""


def main() -> NoReturn:
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    as_json = "--json" in sys.argv
    try:
        # Outside of typer's standalone mode a mistake in the options is raised and not printed.
        application({asked} & COMMANDS.keys())(standalone_mode=not as_json)
    except (KeyboardInterrupt, typer.Abort):
        _end(Problem("interrupted", remedy="run the command again", exit_code=Exit.FAILED), as_json=as_json)
    except TyperException as mistake:
        remedy = f"`slipway {asked} --help` lists the options" if asked in COMMANDS else "`slipway --help`"
        _end(Problem(mistake.format_message(), remedy=remedy), as_json=as_json)
    except Exception as error:
        problem = error if isinstance(error, Problem) else explained(error)
        if problem is None:
            raise
        _end(problem, as_json=as_json)
    except SystemExit as ending:
        if as_json and isinstance(ending.code, int) and ending.code > _SIGNALS:
            _tell_program({"status": "Error", "error": f"ended by signal {ending.code - _SIGNALS}"})
        raise
    sys.exit(Exit.SUCCEEDED)


def _end(problem: Problem, *, as_json: bool) -> NoReturn:
    """Tell people on the error output, and programs that asked for JSON on the output."""
    _tell(problem)
    if as_json:
        _tell_program({"status": "Error", "error": str(problem), "remedy": problem.remedy})
    sys.exit(problem.exit_code)


def _tell_program(ending: Mapping[str, str]) -> None:
    with contextlib.suppress(OSError):  # the reader of the output may have exited
        typer.echo(json.dumps(ending))


def _tell(problem: Problem) -> None:
    with contextlib.suppress(OSError):  # the reader of the output may have exited
        typer.secho(f"error: {problem}", fg="red", err=True)
        typer.echo(f"  → {problem.remedy}", err=True)
