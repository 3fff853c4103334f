"""`docs/applications/second_brain.md` has a row for every promise, and each row names real tests."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "applications" / "second_brain.md"

PROMISES = {
    "SB-APP": 7,
    "SB-NET": 8,
    "SB-DB": 10,
    "SB-AUTH": 10,
    "SB-API": 9,
    "SB-AGT": 8,
    "SB-INT": 7,
    "SB-SCH": 8,
    "SB-MON": 7,
    "SB-RUN": 12,
    "SB-LINK": 7,
    "SB-VOICE": 7,
    "SB-FAM": 12,
    "SB-ROLE": 9,
    "T": 2,
    "T-NET": 1,
    "T-DB": 8,
    "T-AUTH": 7,
    "T-API": 7,
    "T-AGT": 6,
    "T-INT": 4,
    "T-SCH": 1,
    "T-MON": 1,
    "T-RUST": 2,
    "T-COST": 1,
    "X": 22,
}
"""How many there are of each kind, numbered from 1."""
EXPECTED = {f"{kind}-{number + 1}" for kind, count in PROMISES.items() for number in range(count)} | {
    "SB-RUST"
}
NOTHING_TO_RUN = {"T-COST-1"}

_ROW = re.compile(r"^\| ((?:SB|T|X)-[A-Z0-9-]+) \|.*\| (.*) \|$", re.MULTILINE)
_TEST = re.compile(r"`([\w/.-]+\.(?:py|rs))::(\w+)`")
_RUST_TEST = re.compile(r"#\[(?:tokio::)?test\b[^\n]*\n(?:\s*#\[[^\n]*\n)*\s*(?:async )?fn (\w+)\(")


def _rows() -> dict[str, str]:
    found = _ROW.findall(DOCUMENT.read_text(encoding="utf-8"))
    assert len(dict(found)) == len(found), "an id has two rows"
    return dict(found)


ROWS = _rows()


def test_every_promise_has_its_row() -> None:
    assert set(ROWS) == EXPECTED


@pytest.mark.parametrize("promise", sorted(EXPECTED - NOTHING_TO_RUN))
def test_what_shows_it_is_there(promise: str) -> None:
    named = _TEST.findall(ROWS[promise])
    assert named
    assert [f"{file}::{name}" for file, name in named if name not in _tests(ROOT / file)] == []


@cache
def _tests(file: Path) -> frozenset[str]:
    text = file.read_text(encoding="utf-8")
    return frozenset(_RUST_TEST.findall(text) if file.suffix == ".rs" else _python_tests(text))


def _python_tests(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name
