"""A verdict for people, in 80 columns, and for programs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from pipeline.security.verdict import WRITE, Verdict

_ROW = "{:<56}{:>8}{:>8}"


def text(verdict: Verdict, *, before: Mapping[str, Mapping[str, Mapping[str, int]]]) -> str:
    return "\n".join([*_table(verdict, before), "", *_conclusion(verdict)]) + "\n"


def as_json(verdict: Verdict) -> str:
    document: dict[str, Any] = {
        "good": verdict.is_good,
        "counts": verdict.counts,
        "undeclined": verdict.undeclined,
        "left_over": verdict.left_over,
        "risen": [asdict(change) for change in verdict.risen],
        "fallen": [asdict(change) for change in verdict.fallen],
        "findings": [asdict(found) for found in verdict.findings],
    }
    return json.dumps(document, indent=1) + "\n"


def _table(verdict: Verdict, before: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Iterator[str]:
    for pack in sorted({*verdict.counts, *before}):
        now, kept = verdict.counts.get(pack, {}), before.get(pack, {})
        yield _ROW.format(pack, "found", "kept")
        for rule in sorted({*now, *kept}):
            found, known = sum(now.get(rule, {}).values()), sum(kept.get(rule, {}).values())
            mark = " new" if rule in verdict.undeclined else ""
            yield _ROW.format(f"  {rule}{mark}", found, known)
        totals = (sum(sum(places.values()) for places in rules.values()) for rules in (now, kept))
        yield _ROW.format("  in all", *totals)


def _conclusion(verdict: Verdict) -> Iterator[str]:
    yield from verdict.mistakes()
    for change in verdict.fallen:
        yield f"{change.pack} {change.rule} has fallen in {change.place}: {change.kept} to {change.now}"
    if verdict.fallen:
        yield f"so that it stays so, write the counts again with: {WRITE}"
    if verdict.is_good:
        yield "every rule that finds something is declined with a reason, and none finds more than is kept"
