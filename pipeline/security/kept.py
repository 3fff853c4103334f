"""How often each declined rule may find something, by place, and what a new look adds to that."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.security.findings import Finding, Places

FILE = Path(__file__).with_name("counts.json")

Counts = Mapping[str, Mapping[str, Mapping[str, int]]]
"""By pack, rule and place."""


@dataclass(frozen=True, kw_only=True, order=True)
class Change:
    pack: str
    rule: str
    place: str
    kept: int
    now: int


def count(findings: Iterable[Finding], places: Places) -> Counts:
    found = Counter((each.pack, each.rule, places.of(each.construct)) for each in set(findings))
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for (pack, rule, place), number in sorted(found.items()):
        counts.setdefault(pack, {}).setdefault(rule, {})[place] = number
    return counts


def changes(now: Counts, kept: Counts) -> tuple[Change, ...]:
    before, after = dict(_flat(kept)), dict(_flat(now))
    return tuple(
        Change(pack=key[0], rule=key[1], place=key[2], kept=before.get(key, 0), now=after.get(key, 0))
        for key in sorted(before.keys() | after.keys())
        if before.get(key, 0) != after.get(key, 0)
    )


def load(file: Path = FILE) -> Counts:
    counts: Counts = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return counts


def save(counts: Counts, file: Path = FILE) -> None:
    file.write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")


def _flat(counts: Counts) -> Iterator[tuple[tuple[str, str, str], int]]:
    for pack, rules in counts.items():
        for rule, places in rules.items():
            for place, number in places.items():
                yield (pack, rule, place), number
