"""SB-APP-1, SB-APP-4 and X-1: eight stacks, in an order that each environment deploys them in."""

import json
from typing import Any

import pytest

PARTS = ("Network", "Database", "Auth", "Api", "Agents", "Integrations", "Scheduling", "Monitoring")


@pytest.fixture
def order(environments: Any) -> dict[str, set[str]]:
    """Each stack with all that is deployed before it."""
    manifest = json.loads(
        (environments.folder / "assembly-Dev" / "manifest.json").read_text(encoding="utf-8")
    )
    stacks = {
        artifact["properties"]["stackName"].removeprefix("Dev-SecondBrain"): artifact.get("dependencies", [])
        for artifact in manifest["artifacts"].values()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    return {
        name: {other for other in PARTS for key in needed if key.startswith(f"DevSecondBrain{other}")}
        - {name}
        for name, needed in stacks.items()
        if name in PARTS
    }


def test_app_1_eight_stacks(order: Any) -> None:
    assert set(order) == set(PARTS)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("Network", "Database"),
        ("Database", "Agents"),
        ("Auth", "Agents"),
        ("Agents", "Api"),
        ("Database", "Api"),
        ("Auth", "Api"),
        ("Api", "Integrations"),
        ("Api", "Scheduling"),
        ("Database", "Scheduling"),
        ("Api", "Monitoring"),
        ("Integrations", "Monitoring"),
        ("Scheduling", "Monitoring"),
    ],
)
def test_app_4_what_is_needed_is_deployed_before(order: Any, first: str, then: str) -> None:
    assert first in order[then]


def test_app_4_what_needs_nothing_of_each_other_is_deployed_together(order: Any) -> None:
    assert order["Auth"] == order["Network"] == set()
    assert "Scheduling" not in order["Integrations"]
    assert "Integrations" not in order["Scheduling"]
