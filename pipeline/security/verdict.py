"""Compares what is found with what is declined and kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.security import declined, findings, kept, templates
from pipeline.security.findings import Finding, Places
from pipeline.security.kept import Change, Counts

WRITE = "make security WRITE=yes"
DECLINED = "pipeline/security/declined.toml"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    findings: Sequence[Finding]
    counts: Counts
    undeclined: Sequence[str]
    """Rules that find something and are neither fixed nor declined."""
    left_over: Sequence[str]
    """Rules that are declined and find nothing."""
    risen: Sequence[Change]
    fallen: Sequence[Change]
    places: Places

    @property
    def is_good(self) -> bool:
        return not (self.undeclined or self.left_over or self.risen)

    def mistakes(self) -> Iterator[str]:
        for rule in self.undeclined:
            yield f"{rule} is neither fixed nor declined: fix it, or say why not in {DECLINED}"
            yield from (f"  {found.construct}" for found in self.findings if found.rule == rule)
        for rule in self.left_over:
            yield f"{rule} is declined and finds nothing: take it out of {DECLINED}"
        for change in self.risen:
            if change.rule not in self.undeclined:
                yield (
                    f"{change.pack} {change.rule} finds {change.now} in {change.place}, {change.kept} "
                    f"are kept: fix what is new, or keep it with: {WRITE}"
                )
                yield from (f"  {construct}" for construct in self._found_in(change))

    def _found_in(self, change: Change) -> Iterator[str]:
        for found in self.findings:
            where = self.places.of(found.construct)
            if (found.pack, found.rule, where) == (change.pack, change.rule, change.place):
                yield found.construct


def look(folder: Path) -> Verdict:
    """At a synthesised assembly, which takes checkov some seconds."""
    places = Places(folder)
    found = sorted(places.delivered({*findings.read(folder), *templates.found(folder)}))
    return judge(found, places, reasons=declined.load(), before=kept.load())


def judge(found: Sequence[Finding], places: Places, *, reasons: Mapping[str, str], before: Counts) -> Verdict:
    counts = kept.count(found, places)
    rules = {each.rule for each in found}
    changes = kept.changes(counts, before)
    return Verdict(
        findings=found,
        counts=counts,
        undeclined=sorted(rules - reasons.keys()),
        left_over=sorted(reasons.keys() - rules),
        risen=[change for change in changes if change.now > change.kept],
        fallen=[change for change in changes if change.now < change.kept],
        places=places,
    )
