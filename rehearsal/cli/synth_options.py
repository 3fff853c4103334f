"""The options of commands that synthesise the project."""

from typing import Annotated

import typer

Context = Annotated[
    list[str] | None,
    typer.Option("--context", "-c", metavar="KEY=VALUE", help="Context for the project's synth."),
]
Env = Annotated[
    list[str] | None,
    typer.Option(
        "--env",
        metavar="NAME",
        help="Hand this variable of your environment to the project's synth; builds do not get it.",
    ),
]
