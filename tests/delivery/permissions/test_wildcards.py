"""docs/security.md names every statement that allows something on `*`, and why."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.permissions import wildcards
from pipeline.permissions.wildcards import DOCUMENT, NoReasonError, table, update_document


def test_the_document_is_up_to_date(assembly: Path) -> None:
    assert table(assembly) in DOCUMENT.read_text(encoding="utf-8"), "run: make execution-policy"


def test_the_rest_of_the_document_stays(assembly: Path, tmp_path: Path) -> None:
    copy = tmp_path / "security.md"
    shutil.copyfile(DOCUMENT, copy)
    update_document(assembly, copy)
    assert copy.read_text(encoding="utf-8") == DOCUMENT.read_text(encoding="utf-8")


def assembly_with(folder: Path, properties: dict[str, Any]) -> Path:
    resources = {"Made": {"Type": "AWS::IAM::Policy", "Properties": properties}}
    (folder / "made.json").write_text(json.dumps({"Resources": resources}))
    stack = {
        "type": "aws:cloudformation:stack",
        "displayName": "pipeline/Dev/Made",
        "properties": {"templateFile": "made.json"},
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": {"Made": stack}}))
    return folder


@pytest.mark.parametrize("on", ["*", ["arn:aws:s3:::one", "*"]])
@pytest.mark.parametrize("action", ["s3:GetObject", ["xray:PutTraceSegments", "s3:GetObject"]])
def test_who_gives_no_reason_is_named(tmp_path: Path, on: Any, action: Any) -> None:
    statement = {"Effect": "Allow", "Action": action, "Resource": on}
    folder = assembly_with(tmp_path, {"PolicyDocument": {"Statement": [statement]}})
    with pytest.raises(NoReasonError, match=r"pipeline/Dev/Made/Made allows s3:GetObject"):
        table(folder)


def test_a_reason_holds_for_its_own_kind_of_policy_only(tmp_path: Path) -> None:
    """`kms:*` on `*` means one key in the key's policy, and every key in a role's."""
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    folder = assembly_with(tmp_path, {"PolicyDocument": {"Statement": [statement]}})
    with pytest.raises(NoReasonError, match=r"kms:\*"):
        table(folder)


def test_no_reason_is_left_over(assembly: Path) -> None:
    written = table(assembly)
    assert [reason for reason in wildcards.REASONS.values() if reason not in written] == []
