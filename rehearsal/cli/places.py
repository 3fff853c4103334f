"""The options for account, region and port; wrong values are refused before anything is saved."""

import re
from typing import Annotated

import typer

Account = Annotated[
    str | None,
    typer.Option(
        callback=lambda value: _checked(value, r"\d{12}", "an account id has twelve digits"),
        help="The pipeline's account; default: the one its stack names, or the last one.",
    ),
]
Region = Annotated[
    str | None,
    typer.Option(
        callback=lambda value: _checked(value, r"[a-z]{2,4}(-[a-z]+)+-\d", "a region is like eu-west-1"),
        help="The pipeline's region; default: the one its stack names, or the last one.",
    ),
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The endpoint's port; 0 takes a free port.")]


def _checked(value: str | None, pattern: str, rule: str) -> str | None:
    if value is not None and not re.fullmatch(pattern, value):
        raise typer.BadParameter(f"{value!r}: {rule}")
    return value
