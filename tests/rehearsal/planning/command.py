"""`slipway plan` as a person calls it."""

import typer
from typer.testing import CliRunner

from rehearsal.cli.plan import plan
from rehearsal.conductor.problems import Problem


def run(*arguments: str) -> tuple[int, str, Exception | None]:
    app = typer.Typer()
    app.command()(plan)
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, done.output, done.exception if isinstance(done.exception, Problem) else None
