"""The change report knows every guard of the pipeline as it is really synthesised."""

import copy
from typing import Any

from pipeline.change_report.compare import compare
from tests.delivery.pipeline.conftest import Assembly


def without_guards(template: dict[str, Any], stage: str) -> tuple[dict[str, Any], int]:
    """The template whose stage only deploys, and how many actions that takes out."""
    changed = copy.deepcopy(template)
    (found,) = [
        each
        for resource in changed["Resources"].values()
        if resource["Type"] == "AWS::CodePipeline::Pipeline" and resource["Properties"]["Name"] == "acme"
        for each in resource["Properties"]["Stages"]
        if each["Name"] == stage
    ]
    kept = [each for each in found["Actions"] if each["ActionTypeId"]["Provider"] == "CloudFormation"]
    removed = len(found["Actions"]) - len(kept)
    found["Actions"] = kept
    return changed, removed


def test_every_guard_that_is_taken_out_is_named(one_account: Assembly) -> None:
    named: list[str] = []
    for stage in set(one_account.stages()) - {"Source"}:
        after, removed = without_guards(one_account.template, stage)
        sentences = compare(name="pipeline", before=one_account.template, after=after).gates
        assert len(sentences) == removed > 0, stage
        named += sentences
    for guard in ("ApproveProd/Approve: approval", "Prod/Bake: check", "Prod/Smoke-ledger: check"):
        assert f"{guard} is removed" in named


def test_what_is_the_same_names_nothing(one_account: Assembly) -> None:
    assert compare(name="pipeline", before=one_account.template, after=one_account.template).gates == ()
