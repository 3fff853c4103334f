"""Collects permissions that were not checked because AWS's behaviour is unknown, for the report."""

from collections.abc import Iterable
from dataclasses import dataclass

from rehearsal.emulator.gaps import GapLog
from rehearsal.model.results import Fidelity

_HANDLERS = "IAM: permissions of CloudFormation's handlers"
_CONDITIONS = "IAM: conditions on CloudFormation's calls"


@dataclass(frozen=True)
class Unknowns:
    gaps: GapLog

    def handler(self, type_name: str) -> None:
        self._add(_HANDLERS, "not evaluated: which calls these types make is not published", [type_name])

    def conditions(self, keys: Iterable[str]) -> None:
        lead = "not evaluated: statements that depend on these keys may allow and never deny"
        self._add(_CONDITIONS, lead, sorted(keys))

    def _add(self, subject: str, lead: str, members: Iterable[str]) -> None:
        for member in members:
            self.gaps.note_member(subject, fidelity=Fidelity.EMULATED, lead=lead, member=member)
