"""HIPAA Security rules, for the stacks that ask for them.

A cdk-nag pack judges the whole app wherever it is registered; this one judges the given stacks only.
"""

from collections.abc import Sequence
from typing import Any

import jsii
from aws_cdk import IPolicyValidationPlugin, PolicyValidationPluginReport, Stack
from cdk_nag import HIPAASecurityChecks


@jsii.implements(IPolicyValidationPlugin)
class HealthDataChecks:
    def __init__(self, stacks: Sequence[Stack]) -> None:
        self._stacks = tuple(stacks)

    @property
    def name(self) -> str:
        return "HIPAA.Security"

    @property
    def version(self) -> str | None:
        return None

    @property
    def rule_ids(self) -> list[str] | None:
        return None

    def validate(self, context: Any) -> PolicyValidationPluginReport:  # noqa: ARG002 - the interface's name
        pack = HIPAASecurityChecks()
        violations = [found for stack in self._stacks for found in pack.validate_scope(stack).violations]
        return PolicyValidationPluginReport(success=not violations, violations=violations)
