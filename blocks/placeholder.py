"""Functions that are not built: synthesised with a placeholder, for a look and for the pipeline's own stack.

That stack says nothing of a function's bytes. A fresh clone can therefore deploy it, name its stacks or
plan its run before anything is compiled; what the pipeline then delivers, it builds itself. So a function
that was never built here gets a placeholder, and `-c functions=placeholder` asks for them whatever is built.

What is synthesised so can never become an environment. Every stack with a placeholder has a parameter that
nothing gives a value to and that takes none: CloudFormation refuses such a stack, whoever hands it in, and
the CDK CLI before it. A build, whose templates are the ones that are delivered, refuses placeholders. Every
other synth warns.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

from aws_cdk import CfnParameter, Stack
from constructs import Construct, IConstruct

from blocks.function_assets import BUILD, NotBuiltError
from config.mistakes import DeliveryError

CHOICE = "functions"
PLACEHOLDER = "placeholder"
FOLDER = Path(__file__).parent / "not_built"
PARAMETER = "FunctionsAreNotBuilt"
_NOTHING = "[^\\s\\S]"
"""A pattern that no value matches."""


class PlaceholderError(DeliveryError):
    """The choice is no choice, or made where functions are delivered."""


def function_code(scope: Construct, built: Callable[[], Path]) -> Path:
    """What `built` finds; where it was never built, or the synth was asked to do without, a placeholder."""
    if not _does_without(scope):
        try:
            return built()
        except NotBuiltError:
            if _delivers():
                raise
    _warn(scope.node.root)
    _refuse_deployment(Stack.of(scope))
    return FOLDER


def _does_without(scope: Construct) -> bool:
    said = scope.node.try_get_context(CHOICE)
    if said is None:
        return False
    if said != PLACEHOLDER:
        raise PlaceholderError(f"-c {CHOICE}={said}: say {CHOICE}={PLACEHOLDER}, or nothing")
    if _delivers():
        raise PlaceholderError(
            f"-c {CHOICE}={PLACEHOLDER}: this build delivers what it synthesises; leave the choice out, "
            "also of cdk.json and cdk.context.json"
        )
    return True


def _delivers() -> bool:
    return "CODEBUILD_BUILD_ID" in os.environ


def _warn(root: IConstruct) -> None:
    """Once for an app, on the error output, so that the names that `cdk ls` prints stay alone."""
    if root.node.try_find_child(PARAMETER) is None:
        Construct(cast(Construct, root), PARAMETER)
        sys.stderr.write(
            "warning: functions are not built, and placeholders stand in for them: good for a look and for "
            "the pipeline's own stack; no environment can be deployed from this synth. "
            f"To build them: {BUILD}\n"
        )


def _refuse_deployment(stack: Stack) -> None:
    if stack.node.try_find_child(PARAMETER) is None:
        CfnParameter(
            stack,
            PARAMETER,
            allowed_pattern=_NOTHING,
            description=f"Functions of this stack are not built: run `{BUILD}`, then synthesise again",
        )
