"""The packs of cdk-nag beyond AwsSolutions, asked about a whole app after its synthesis."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from aws_cdk import App, PolicyValidationPluginReport
from cdk_nag import HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks, ServerlessChecks
from constructs import IConstruct

from pipeline.security.findings import Finding, write

CONTEXT, FINDINGS = "security", "findings"
"""`-c security=findings`: only who counts the findings pays the seconds that it takes to find them."""


class _Pack(Protocol):
    def validate_scope(self, root: IConstruct) -> PolicyValidationPluginReport: ...


def record(app: App, folder: Path) -> None:
    if app.node.try_get_context(CONTEXT) == FINDINGS:
        write(folder, _found(app))


def _found(app: App) -> Iterator[Finding]:
    packs: Mapping[str, _Pack] = {
        "HIPAA.Security": HIPAASecurityChecks(),
        "NIST.800.53.R5": NIST80053R5Checks(),
        "PCI.DSS.321": PCIDSS321Checks(),
        "Serverless": ServerlessChecks(),
    }
    for name, pack in packs.items():
        for violation in pack.validate_scope(app).violations:
            rule, _, detail = violation.rule_name.removeprefix(f"{name}-").partition("[")
            for resource in violation.violating_resources:
                yield Finding(
                    pack=name,
                    rule=rule,
                    construct=resource.construct_path or resource.resource_logical_id or "",
                    detail=detail.removesuffix("]"),
                )
