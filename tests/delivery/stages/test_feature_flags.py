"""`cdk.json` holds the flags that the pinned library recommends, but for a few with a reason."""

import json
import tarfile
from pathlib import Path
from typing import Any

import aws_cdk
import pytest

from blocks.function_assets import REPOSITORY

EXCEPTIONS = {
    # Puts a function in another language into every stack with a VPC; nothing here uses the default group.
    "@aws-cdk/aws-ec2:restrictDefaultSecurityGroup": False,
    # Usage figures for AWS: they change with every release of the library and with nothing of ours.
    "@aws-cdk/core:enableAdditionalMetadataCollection": False,
}
ALSO = {
    "@aws-cdk/aws-rds:lowercaseDbIdentifier": True,
    "@aws-cdk/core:stackRelativeExports": True,
}


@pytest.fixture(scope="module")
def recommended() -> dict[str, Any]:
    (package,) = Path(aws_cdk.__file__).parent.glob("_jsii/*.tgz")
    with tarfile.open(package) as library:
        found = library.extractfile("package/recommended-feature-flags.json")
        assert found is not None
        flags: dict[str, Any] = json.load(found)
        return flags


def test_the_recommended_flags_are_set(flags: dict[str, Any], recommended: dict[str, Any]) -> None:
    assert flags == {**recommended, **EXCEPTIONS, **ALSO}


def test_findings_of_the_template_validation_are_errors(flags: dict[str, Any]) -> None:
    assert flags["@aws-cdk/core:validateAgainstDefaultRules"] is True


def test_watching_leaves_out_what_is_not_deployed() -> None:
    watch = json.loads((REPOSITORY / "cdk.json").read_text(encoding="utf-8"))["watch"]
    assert {
        "README.md",
        "cdk*.json",
        "requirements*.txt",
        "**/__pycache__",
        "**/*.pyc",
        ".git",
        ".venv",
    } <= set(watch["exclude"])
