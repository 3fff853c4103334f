"""The differences from AWS in a few lines, one for each kind of thing and of difference, with a count."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rehearsal.model.results import Fidelity, Gap

_NAMED = re.compile(r"(?P<kind>build project|report group|output|source|alarm|stage|pipeline) (?P<name>\S.*)")
_RANK = {Fidelity.RECORDED: 0, Fidelity.EMULATED: 1, Fidelity.REAL: 2}
"""What did not happen at all comes first."""


@dataclass(frozen=True)
class Line:
    fidelity: Fidelity
    subject: str
    """One subject by its name; several as their kind with a count."""
    reason: str


def summary(gaps: Sequence[Gap]) -> list[Line]:
    groups: dict[tuple[Fidelity, str], list[Gap]] = {}
    for gap in gaps:
        groups.setdefault((gap.fidelity, _kind(gap.subject)), []).append(gap)
    lines = [_line(fidelity, kind, group) for (fidelity, kind), group in groups.items()]
    return sorted(lines, key=lambda line: _RANK[line.fidelity])


def _line(fidelity: Fidelity, kind: str, group: Sequence[Gap]) -> Line:
    subjects = list(dict.fromkeys(gap.subject for gap in group))
    reasons = list(dict.fromkeys(gap.reason for gap in group))
    others = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    subject = subjects[0] if len(subjects) == 1 else f"{kind} ({len(subjects)} of them)"
    return Line(fidelity=fidelity, subject=subject, reason=f"{reasons[0]}{others}")


def _kind(subject: str) -> str:
    """`output` of `output Stack.Address`, `IAM` of `IAM: reads`; a resource type is a kind itself."""
    named = _NAMED.fullmatch(subject)
    return named["kind"] if named else subject.partition(": ")[0]
