"""What the packs and checkov find in the shipped delivery is declined by rule, and kept."""

import json
import shutil
from pathlib import Path

import pytest

from pipeline import assembly as assemblies
from pipeline.security import declined, findings, kept, templates
from pipeline.security.findings import Finding
from pipeline.security.verdict import Verdict, judge, look


@pytest.fixture(scope="module")
def verdict(assembly: Path) -> Verdict:
    return look(assembly)


def test_nothing_is_found_that_is_not_kept(verdict: Verdict) -> None:
    assert list(verdict.mistakes()) == []


def test_every_pack_has_looked(verdict: Verdict) -> None:
    packs = ["HIPAA.Security", "NIST.800.53.R5", "PCI.DSS.321", "Serverless", "checkov"]
    assert sorted(verdict.counts) == packs
    places = {verdict.places.of(found.construct) for found in verdict.findings if found.pack == "checkov"}
    assert places == {"pipeline", "pipeline/Dev", "pipeline/Staging", "pipeline/Prod"}


def test_the_document_says_why_each_rule_is_declined() -> None:
    text = declined.DOCUMENT.read_text(encoding="utf-8")
    assert declined.table() in text, "run: make security WRITE=yes"


def test_one_finding_more_fails_and_is_named(verdict: Verdict) -> None:
    new = Finding(pack="checkov", rule="CKV_AWS_161", construct="pipeline/Prod/SecondBrainDatabase/Second")
    again = judge([*verdict.findings, new], verdict.places, reasons=declined.load(), before=kept.load())
    said = "\n".join(again.mistakes())
    assert "checkov CKV_AWS_161 finds 2 in pipeline/Prod, 1 are kept" in said
    assert "pipeline/Prod/SecondBrainDatabase/Second" in said


def test_a_topic_that_lost_its_key_is_found_in_the_template(assembly: Path, tmp_path: Path) -> None:
    (stack,) = [
        each for each in assemblies.stacks(assembly) if each.path == "pipeline/Prod/SecondBrainScheduling"
    ]
    template = stack.template()
    (topic,) = [each for each in template["Resources"].values() if each["Type"] == "AWS::SNS::Topic"]
    del topic["Properties"]["KmsMasterKeyId"]
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(template))
    before, after = (
        {each["rule"] for each in templates.judge([file])["failed"]}
        for file in (stack.template_file, changed)
    )
    assert after - before == {"CKV_AWS_26"}


def test_an_assembly_without_findings_says_how_to_make_one(assembly: Path, tmp_path: Path) -> None:
    shutil.copyfile(assembly / "manifest.json", tmp_path / "manifest.json")
    with pytest.raises(findings.NotRecordedError, match="-c security=findings"):
        findings.read(tmp_path)
