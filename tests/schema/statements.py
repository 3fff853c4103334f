"""The SQL statements of the Rust store, as its source has them."""

import re
from collections.abc import Mapping
from pathlib import Path

STORE = Path(__file__).parents[2] / "lambdas/second_brain/store/src"
OUTSIDE = "outside_families"
_CONSTANT = re.compile(r'const ([A-Z_]+): &str =\s*"((?:[^"\\]|\\.)*)"')
_OUTSIDE = re.compile(r'const ([A-Z_]+): OutsideFamilies\s*=\s*OutsideFamilies\(\s*"([^"]*)"')
_CONDITION = re.compile(r"\bfamily_id = (\$\d|:family)")


def of_families() -> Mapping[str, str]:
    """Those that run in a family's session, by file and constant."""
    return {
        f"{file.stem}.{name}": text
        for file in sorted(STORE.glob("*.rs"))
        for name, text in _CONSTANT.findall(file.read_text())
        if re.match(r"\s*(select|insert|update|delete|with)\b", text)
    }


def outside_families() -> Mapping[str, str]:
    return dict(_OUTSIDE.findall((STORE / f"{OUTSIDE}.rs").read_text()))


def without_family(statement: str) -> str:
    """The statement as somebody writes it who forgets the condition; the parameter keeps its type."""
    return _CONDITION.sub(r"(cast(\1 as uuid) is null or true)", statement)
