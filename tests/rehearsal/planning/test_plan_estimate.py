"""What the plan estimates, and the timing file it estimates from."""

import json
from pathlib import Path

import pytest

from rehearsal.planning.estimate import estimate
from rehearsal.planning.pipelines import read_pipelines
from rehearsal.planning.timings import SHIPPED, TimingsError, load_timings
from tests.rehearsal.planning.sample import template


def test_the_critical_path_takes_the_slowest_of_each_group_and_the_bake(file: Path) -> None:
    [planned] = read_pipelines(file)
    estimated = estimate(planned, load_timings())
    assert [(step.stage, step.action) for step in estimated.critical] == [
        ("Source", "App"), ("Build", "Fast"), ("Build", "Then"),
        ("Prod", "Approve"), ("Prod", "Deploy.Prepare"), ("Prod", ""),
    ]  # fmt: skip
    bake = estimated.critical[-1].estimate
    assert (bake.total.typical, bake.overhead.typical) == (300, 0)
    assert estimated.asks_people
    assert estimated.total.typical == pytest.approx(5.5 + 2 * 59.5 + 0 + 11.5 + 300)
    assert estimated.overhead.typical == pytest.approx(1.5 + 2 * 14.5 + 1.5)
    assert estimated.overhead_share == pytest.approx(32 / 436)


def test_a_build_that_watches_takes_its_minutes_more(tmp_path: Path) -> None:
    watching = template()
    variables = [{"Name": "SLIPWAY_BAKE_MINUTES", "Value": "15"}]
    watching["Resources"]["Project"]["Properties"].setdefault("Environment", {})["EnvironmentVariables"] = (
        variables
    )
    found = []
    for number, sample in enumerate((template(), watching)):
        written = tmp_path / f"{number}.json"
        written.write_text(json.dumps(sample))
        [planned] = read_pipelines(written)
        found.append(estimate(planned, load_timings()).actions["Build", "Fast"].work)
    assert [took.typical for took in found] == [found[0].typical, found[0].typical + 15 * 60]


def test_arm_machines_and_own_figures_count(file: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    text = SHIPPED.read_text().replace("[actions]", '[actions]\n"Build/T*" = { typical = 500, slow = 600 }')
    own.write_text(text)
    [planned] = read_pipelines(file)
    estimated = estimate(planned, load_timings(own))
    assert estimated.actions["Build", "Arm"].overhead.slow == 2 + 60 + 180
    assert estimated.actions["Build", "Fast"].overhead.slow == 2 + 60 + 35
    assert estimated.actions["Build", "Then"].work.typical == 500
    assert estimated.is_critical(planned.pipeline.stages[1], planned.pipeline.stages[1].actions[2])


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("dispatch = {", "despatch = {", "overhead.dispatch", "Field required"),
        ("typical = 1.5, slow = 2", "typical = -1, slow = 2", "overhead.dispatch.typical", "greater than"),
        ("typical = 1.5, slow = 2", "typical = 3, slow = 2", "overhead.dispatch", "less than typical"),
        ("typical = 1.5, slow = 2", 'typical = "x", slow = 2', "overhead.dispatch.typical", "valid number"),
        ("default = {", "other = {", "the file", "no entry 'default'"),
        ("[work.change_set]", "[works]", "works", "Extra inputs are not permitted"),
        ("[overhead]", "[overhead", "is not TOML", ""),
    ],
)
def test_a_wrong_timing_file_names_file_key_and_reason(
    tmp_path: Path, old: str, new: str, key: str, reason: str
) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(SHIPPED.read_text().replace(old, new, 1))
    with pytest.raises(TimingsError) as refused:
        load_timings(wrong)
    assert all(word in str(refused.value) for word in (str(wrong), key, reason))
