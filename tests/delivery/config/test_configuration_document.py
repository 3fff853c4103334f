"""`docs/configuration.md` explains every key there is."""

from pathlib import Path

import pytest

from config.document import Document, EnvironmentTable, PipelineTable, SandboxTable, Table

DOCUMENT = Path(__file__).parents[3] / "docs" / "configuration.md"

HEADINGS: dict[str, type[Table]] = {
    "The delivery": Document,
    "A pipeline": PipelineTable,
    "An environment": EnvironmentTable,
    "The sandbox": SandboxTable,
}


@pytest.mark.parametrize("heading", HEADINGS)
def test_every_key_has_its_row(heading: str) -> None:
    section = DOCUMENT.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = "".join(line.split(" | ")[0] for line in section.splitlines() if line.startswith("|"))
    assert [key for key in HEADINGS[heading].model_fields if key not in rows] == []
