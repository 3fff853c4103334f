"""Reports made by the real comparison, for the tests of how they read."""

from typing import Any

import pytest

from pipeline.change_report.compare import compare
from pipeline.change_report.report import Report

Resource = dict[str, Any]


def _function(code: str, memory: int) -> Resource:
    properties = {"Code": {"S3Key": f"{code * 64}.zip"}, "MemorySize": memory}
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def _role(*actions: str) -> Resource:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    policies = [{"PolicyName": "p", "PolicyDocument": {"Statement": [statement]}}]
    return {"Type": "AWS::IAM::Role", "Properties": {"Policies": policies}}


def _table(name: str) -> Resource:
    return {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": name}}


_LONG = "A" + "VeryLongLogicalIdThatNobodyBroke" * 4

BEFORE = {
    "Resources": {
        "Table": _table("a"),
        "Logs": {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Retain"},
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Function": _function("a", 128),
        "Role": _role("s3:GetObject"),
        _LONG: {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "q" * 200}},
    }
}
AFTER = {
    "Resources": {
        "Table": _table("b"),
        "Function": _function("b", 512),
        "Role": _role("s3:GetObject", "*"),
        "New": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "<script>alert(1)</script>"}},
        _LONG: {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "r" * 200}},
    },
    "Outputs": {"Url": {"Value": "https://example.com"}},
}


@pytest.fixture(scope="session")
def eventful() -> Report:
    """Something of everything."""
    return Report(
        title="acme → Prod",
        target="Prod",
        revision="0123456789abcdef",
        message="Rename the table\n\nIt was misnamed.",
        execution_id="1111-2222",
        stacks=(
            compare(name="pipeline/Prod/Store", before=BEFORE, after=AFTER),
            compare(name="pipeline/Prod/New", before=None, after=AFTER),
            compare(name="pipeline/Prod/Gone", before=BEFORE, after=None),
            compare(name="pipeline/Prod/Same", before=BEFORE, after=BEFORE),
        ),
        notes=("A note on how it was made.",),
    )


@pytest.fixture(scope="session")
def uneventful() -> Report:
    same = compare(name="pipeline/Prod/Store", before=BEFORE, after=BEFORE)
    return Report(title="acme → Prod", target="Prod", stacks=(same,))
