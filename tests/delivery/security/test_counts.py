"""Counts by rule and place, and when they fail: values in, values out."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.security import declined, kept, report
from pipeline.security.findings import Finding, Places
from pipeline.security.verdict import Verdict, judge

PATHS = ("pipeline", "pipeline/Dev/Api", "pipeline/Prod/Api", "sandbox/Api")


@pytest.fixture
def places(tmp_path: Path) -> Places:
    artifacts = {
        path: {
            "type": "aws:cloudformation:stack",
            "displayName": path,
            "properties": {"templateFile": "template.json"},
        }
        for path in PATHS
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return Places(tmp_path)


def found(*constructs: str, rule: str = "LambdaDLQ", pack: str = "Serverless") -> list[Finding]:
    return [Finding(pack=pack, rule=rule, construct=construct) for construct in constructs]


def judged(places: Places, now: Sequence[Finding], before: Sequence[Finding], *reasons: str) -> Verdict:
    return judge(now, places, reasons=dict.fromkeys(reasons, "because"), before=kept.count(before, places))


ONE, OTHER = "pipeline/Dev/Api/One/Resource", "pipeline/Prod/Api/One/Resource"


def test_what_is_kept_is_good(places: Places) -> None:
    verdict = judged(places, found(ONE, OTHER), found(ONE, OTHER), "LambdaDLQ")
    assert verdict.is_good
    assert list(verdict.mistakes()) == []


def test_a_rise_in_one_environment_is_not_made_up_for_by_another(places: Places) -> None:
    verdict = judged(places, found(OTHER, "pipeline/Prod/Api/Two"), found(ONE, OTHER), "LambdaDLQ")
    assert not verdict.is_good
    assert [(change.place, change.kept, change.now) for change in verdict.risen] == [("pipeline/Prod", 1, 2)]
    assert [(change.place, change.kept, change.now) for change in verdict.fallen] == [("pipeline/Dev", 1, 0)]


def test_a_fall_is_said_and_fails_nothing(places: Places) -> None:
    verdict = judged(places, found(ONE), found(ONE, OTHER), "LambdaDLQ")
    assert verdict.is_good
    said = report.text(verdict, before=kept.count(found(ONE, OTHER), places))
    assert "Serverless LambdaDLQ has fallen in pipeline/Prod: 1 to 0" in said
    assert "make security WRITE=yes" in said


def test_a_rule_that_nobody_declined_fails_even_if_it_is_kept(places: Places) -> None:
    verdict = judged(places, found(ONE), found(ONE))
    assert not verdict.is_good
    assert verdict.undeclined == ["LambdaDLQ"]
    assert ONE in "\n".join(verdict.mistakes())


def test_a_reason_for_nothing_fails(places: Places) -> None:
    verdict = judged(places, found(ONE), found(ONE), "LambdaDLQ", "Gone")
    assert verdict.left_over == ["Gone"]
    assert not verdict.is_good


def test_a_reason_holds_for_the_rule_in_every_pack(places: Places) -> None:
    both = [*found(ONE), *found(ONE, pack="HIPAA.Security")]
    assert judged(places, both, both, "LambdaDLQ").is_good


def test_a_place_that_is_new_counts_as_a_rise(places: Places) -> None:
    assert not judged(places, found(ONE, OTHER), found(ONE), "LambdaDLQ").is_good


def test_a_construct_beside_the_environments_is_the_pipelines(places: Places) -> None:
    """`pipeline/Pipeline/Dev/…` is an action for Dev, which is a resource of the pipeline's stack."""
    assert places.of("pipeline/Pipeline/Dev/Smoke/Resource") == "pipeline"
    assert places.of("pipeline/Dev/Api/One/Resource") == "pipeline/Dev"
    assert places.of("pipeline/Dev/ApiOfAnother/One") == "pipeline"


def test_a_sandbox_is_not_counted(places: Places) -> None:
    assert list(places.delivered(found(ONE, "sandbox/Api/One"))) == found(ONE)


def test_a_finding_counts_once(places: Places) -> None:
    assert kept.count(found(ONE, ONE), places) == {"Serverless": {"LambdaDLQ": {"pipeline/Dev": 1}}}


def test_counts_are_read_as_they_were_written(places: Places, tmp_path: Path) -> None:
    counts = kept.count(found(ONE, OTHER), places)
    kept.save(counts, tmp_path / "counts.json")
    assert kept.load(tmp_path / "counts.json") == counts
    assert kept.load(tmp_path / "none.json") == {}


def test_the_table_fits_a_terminal_and_the_json_has_every_finding(places: Places) -> None:
    verdict = judged(places, found(ONE), found(ONE), "LambdaDLQ")
    said = report.text(verdict, before=verdict.counts)
    assert max(len(line) for line in said.splitlines()) <= 100
    table = said.split("\n\n")[0].splitlines()
    assert max(len(line) for line in table) <= 80
    document = json.loads(report.as_json(verdict))
    assert document["good"] is True
    assert [each["construct"] for each in document["findings"]] == [ONE]


def test_a_rule_has_one_reason(tmp_path: Path) -> None:
    entry = '[[declined]]\nrules = ["One"]\nreason = "because"\n'
    (tmp_path / "declined.toml").write_text(entry * 2)
    with pytest.raises(declined.DeclinedTwiceError, match="declines One twice"):
        declined.load(tmp_path / "declined.toml")
