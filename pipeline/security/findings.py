"""One finding, and where it is."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from config.mistakes import DeliveryError
from pipeline import assembly

RECORD = "security-findings.json"
"""In the assembly, beside its manifest."""
SANDBOX = "sandbox"


class NotRecordedError(DeliveryError):
    """The assembly was synthesised without the packs."""


@dataclass(frozen=True, kw_only=True, order=True)
class Finding:
    pack: str
    """`HIPAA.Security`, `checkov`."""
    rule: str
    """`LambdaDLQ`, `CKV_AWS_116`: without the pack, since packs share rules."""
    construct: str
    detail: str = ""
    """What of the construct, where a rule says so: `LogExport::upgrade`."""


def write(folder: Path, findings: Iterable[Finding]) -> None:
    rows = [asdict(finding) for finding in sorted(set(findings))]
    (folder / RECORD).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def read(folder: Path) -> tuple[Finding, ...]:
    file = folder / RECORD
    if not file.is_file():
        raise NotRecordedError(
            f"{folder} does not say what the packs of cdk-nag find; synthesise it with -c security=findings"
        )
    return tuple(Finding(**row) for row in json.loads(file.read_text(encoding="utf-8")))


class Places:
    """Which environment a construct belongs to."""

    def __init__(self, folder: Path) -> None:
        self._places: Mapping[str, str] = {
            stack.path: stack.path.rpartition("/")[0] or stack.path for stack in assembly.stacks(folder)
        }

    def of(self, construct: str) -> str:
        """`pipeline/Prod` for what is in an environment, `pipeline` for what is beside them.

        The pipeline's stack holds the environments' stacks, so the longest path is the right one.
        """
        owners = [path for path in self._places if f"{construct}/".startswith(f"{path}/")]
        return self._places[max(owners, key=len)] if owners else construct.partition("/")[0]

    def delivered(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        return (finding for finding in findings if self.of(finding.construct) != SANDBOX)
