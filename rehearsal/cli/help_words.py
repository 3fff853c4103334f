"""The word for an option's value in `--help`, instead of the Python type that typer prints."""

from typing import Any

from typer.core import TyperCommand, TyperOption

_WORDS = {
    "account": "ACCOUNT",
    "approve": "NAME",
    "bake": "SECONDS",
    "comment": "TEXT",
    "execution": "ID",
    "execution_policy": "FILE",
    "graph": "mermaid",
    "last": "LINES",
    "only": "STAGE",
    "permissions_boundary": "FILE",
    "pipeline": "NAME",
    "port": "PORT",
    "project": "FOLDER",
    "reason": "TEXT",
    "region": "REGION",
    "source": "REPOSITORY=FOLDER",
    "timings": "FILE",
}


class Command(TyperCommand):
    """Flags and arguments show their name only."""

    def get_params(self, ctx: Any) -> list[Any]:
        parameters = super().get_params(ctx)
        for parameter in parameters:
            if isinstance(parameter, TyperOption):
                flag = parameter.is_flag or parameter.name == "help"
                parameter.metavar = "" if flag else parameter.metavar or _WORDS.get(parameter.name)
            else:
                setattr(parameter, "display_type_rich", _nothing)  # noqa: B010 - of this instance only
        return parameters


def _nothing(ctx: Any) -> None:
    """A positional argument's name says what it is."""
