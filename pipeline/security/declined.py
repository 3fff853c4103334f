"""The rules that are declined, and why: one file, from which the table of docs/security.md is written."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.mistakes import DeliveryError

FILE = Path(__file__).with_name("declined.toml")
DOCUMENT = Path(__file__).parents[2] / "docs" / "security.md"
_BEGIN, _END = "<!-- declined rules -->\n", "<!-- end of declined rules -->"


class DeclinedTwiceError(DeliveryError):
    """A rule has two reasons."""


def load(file: Path = FILE) -> Mapping[str, str]:
    """Reasons by rule."""
    found: dict[str, str] = {}
    for entry in _entries(file):
        for rule in entry["rules"]:
            if rule in found:
                raise DeclinedTwiceError(f"{file.name} declines {rule} twice; keep one of the reasons")
            found[rule] = entry["reason"]
    return found


def table(file: Path = FILE) -> str:
    rows = sorted(
        (", ".join(f"`{rule}`" for rule in sorted(entry["rules"])), entry["reason"])
        for entry in _entries(file)
    )
    lines = [f"| {rules} | {reason} |\n" for rules, reason in rows]
    return "".join(["| rules | why not |\n|---|---|\n", *lines])


def update_document(document: Path = DOCUMENT) -> None:
    before, rest = document.read_text(encoding="utf-8").split(_BEGIN)
    after = rest.split(_END)[1]
    document.write_text(f"{before}{_BEGIN}{table()}{_END}{after}", encoding="utf-8")


def _entries(file: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))["declined"]
    return entries
