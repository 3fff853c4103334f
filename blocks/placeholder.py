"""Functions that are not built yet: `-c functions=placeholder`, for the stack that holds the pipeline.

That stack says nothing of a function's bytes. A fresh clone can therefore deploy it, name its stacks or
plan its run before anything is compiled; what the pipeline then delivers, it builds itself.

What is synthesised so can never become an environment. Every stack with a function has a parameter that
nothing gives a value to: CloudFormation refuses such a stack, whoever hands it in, and the CDK CLI before
it. A build, whose templates are the ones that are delivered, refuses the choice.
"""

import os
from collections.abc import Callable
from pathlib import Path

from aws_cdk import CfnParameter, Stack
from constructs import Construct

from config.mistakes import DeliveryError

CHOICE = "functions"
PLACEHOLDER = "placeholder"
FOLDER = Path(__file__).parent / "not_built"
PARAMETER = "FunctionsAreNotBuilt"


class PlaceholderError(DeliveryError):
    """The choice is no choice, or made where functions are delivered."""


def function_code(scope: Construct, built: Callable[[], Path]) -> Path:
    """What `built` finds, unless the synth was asked to do without."""
    if not _does_without(scope):
        return built()
    _refuse_deployment(Stack.of(scope))
    return FOLDER


def _does_without(scope: Construct) -> bool:
    said = scope.node.try_get_context(CHOICE)
    if said is None:
        return False
    if said != PLACEHOLDER:
        raise PlaceholderError(f"-c {CHOICE}={said}: say {CHOICE}={PLACEHOLDER}, or nothing")
    if "CODEBUILD_BUILD_ID" in os.environ:
        raise PlaceholderError(
            f"-c {CHOICE}={PLACEHOLDER}: this build delivers what it synthesises; leave the choice out, "
            "also of cdk.json and cdk.context.json"
        )
    return True


def _refuse_deployment(stack: Stack) -> None:
    if stack.node.try_find_child(PARAMETER) is None:
        CfnParameter(
            stack,
            PARAMETER,
            description=f"Synthesised with -c {CHOICE}={PLACEHOLDER}: run `make build-lambdas`, then "
            "synthesise without it. A value here deploys functions that cannot start",
        )
