"""A changed logical id is a new resource, and the data stays with the old one.

`holds_data.json` lists the ids of everything that holds data. Change it only with a plan for the data.
"""

import json
from pathlib import Path
from typing import Any

import pytest

COMMITTED = json.loads(Path(__file__).with_name("holds_data.json").read_text(encoding="utf-8"))

HOLDS_DATA = {
    "AWS::Cognito::UserPool",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::EFS::FileSystem",
    "AWS::KMS::Key",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
}


@pytest.mark.parametrize("environment", ["Dev", "Staging", "Prod"])
def test_logical_ids_are_as_committed(environments: Any, environment: str) -> None:
    found = {}
    for path in environments.folder.glob(f"assembly-{environment}/*.template.json"):
        stack = path.name.removeprefix(environment).removesuffix(".template.json")[:-8]
        resources = json.loads(path.read_text(encoding="utf-8"))["Resources"]
        held = {key: value["Type"] for key, value in resources.items() if value["Type"] in HOLDS_DATA}
        if held:
            found[stack] = held
    assert found == COMMITTED
