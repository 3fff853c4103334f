"""The CDK app: what holds for everything that is synthesised.

Every finding of cdk-nag or of the template validation fails the synth unless it is acknowledged next to
its resource. The CDK CLI would only report findings in the stacks that a command selects, so the app
reads the report itself: a bad stack can never ride along unselected.

Every role has the permissions boundary that `make bootstrap` makes, without which CloudFormation may not make
it (`pipeline/permissions`).

The same input gives the same bytes. Stack traces would not, since they name the folder that
the CDK unpacks itself into.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from blocks.naming import BOUNDARY
from config.mistakes import DeliveryError

_CONTEXT = {
    "aws:cdk:disable-creation-stack-traces": True,
    "aws:cdk:disable-stack-trace": True,
    # Every role of every stack, those that the CDK makes for its own custom resources included.
    "@aws-cdk/core:permissionsBoundary": {"name": BOUNDARY},
}
_OVERRIDING_THE_CLI = {"@aws-cdk/core:failSynthOnValidationErrors": False}


@dataclass(frozen=True, kw_only=True)
class Finding:
    rule: str
    construct: str
    description: str

    def __str__(self) -> str:
        return f"{self.construct}: {self.rule}: {self.description}"


class FindingsError(DeliveryError):
    """One line for each finding that nobody has acknowledged."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = tuple(findings)
        count = f"{len(findings)} finding{'s' if len(findings) > 1 else ''}"
        remedy = "resolve each, or acknowledge it next to its resource (blocks/waivers.py)"
        super().__init__("\n".join([f"{count}; {remedy}:", *map(str, findings)]))


class DeliveryApp(App):
    def __init__(self, *, outdir: str | None = None, context: dict[str, Any] | None = None) -> None:
        super().__init__(
            outdir=outdir,
            context={**_CONTEXT, **(context or {})},
            post_cli_context=_OVERRIDING_THE_CLI,
        )
        Validations.of(self).add_plugins(AwsSolutionsChecks(self))

    def deliver(self) -> Path:
        """Synthesise everything; the folder of the assembly, or a FindingsError."""
        folder = Path(self.synth().directory)
        findings = list(_findings(folder / "validation-report.json"))
        if findings:
            raise FindingsError(findings)
        return folder


def _findings(report: Path) -> Iterator[Finding]:
    if not report.is_file():
        return
    for plugin in json.loads(report.read_text())["pluginReports"]:
        for violation in plugin["violations"]:
            if violation["severity"] in ("error", "fatal"):
                for construct in violation["violatingConstructs"]:
                    yield Finding(
                        rule=violation["ruleName"],
                        construct=construct.get("constructPath", "(unknown construct)"),
                        description=violation["description"],
                    )
