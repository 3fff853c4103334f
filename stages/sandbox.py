"""A developer's own copy of chosen applications, next to whatever the pipelines deliver.

`npx cdk deploy 'sandbox/*'` deploys every application, `-c applications=second_brain,oratio` some.
The developer's name is part of every physical name and stack name, so a sandbox never meets an
environment or another developer's sandbox. A build never has one: what a pipeline synthesises must
not depend on who started it.
"""

import os
import re
from collections.abc import Sequence
from typing import Any

from constructs import Construct

from config.delivery import Delivery
from config.mistakes import DeliveryError
from stacks.application import Application
from stages.environment import EnvironmentStage


class SandboxError(DeliveryError):
    """Names the word of `-c applications=…` that no application has."""


def add_sandbox(
    scope: Construct, *, delivery: Delivery, applications: Sequence[Application[Any]]
) -> EnvironmentStage | None:
    developer = developer_name(scope)
    if developer is None:
        return None
    environment = delivery.sandbox.environment(
        developer=developer, applications=_chosen(scope, known=tuple(delivery.sandbox.settings))
    )
    return EnvironmentStage(
        scope,
        "sandbox",
        environment=environment,
        applications=applications,
        delivery=delivery.name,
        stage_name=f"Sandbox-{developer}",
    )


def developer_name(scope: Construct) -> str | None:
    """`-c developer=…`, else the login name; None inside a build."""
    if "CODEBUILD_BUILD_ID" in os.environ:
        return None
    name = scope.node.try_get_context("developer") or os.environ.get("USER") or "local"
    return re.sub(r"[^a-z0-9]+", "-", str(name).lower()).strip("-")[:16] or "local"


def _chosen(scope: Construct, *, known: Sequence[str]) -> tuple[str, ...]:
    words = str(scope.node.try_get_context("applications") or "").split(",")
    chosen = tuple(word.strip() for word in words if word.strip())
    for word in chosen:
        if word not in known:
            raise SandboxError(
                f"-c applications={word}: there is no such application; known are {', '.join(known)}"
            )
    return chosen
