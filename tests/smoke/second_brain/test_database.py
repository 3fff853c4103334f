"""Second Brain's database, as a deployment left it, from outside of its network.

The migrator is the only way in: asked like CloudFormation asks it, without a URL to answer, it says
what it found. Asking changes nothing where nothing is to be done, so this is safe in production.
"""

import json
import os
from pathlib import Path
from typing import Any

import boto3
import pytest

SCHEMA = Path(__file__).resolve().parents[3] / "lambdas" / "second_brain" / "schema"
EXTENSIONS = {"uuid-ossp", "vector", "postgis", "btree_gist", "pg_trgm"}


def ask_migrator() -> dict[str, Any]:
    event = {
        "RequestType": "Update",
        "ResourceProperties": {
            "DbHost": os.environ["DB_ENDPOINT"],
            "DbName": "second_brain",
            "SecretArn": os.environ["DB_SECRET_ARN"],
            "Extensions": sorted(EXTENSIONS),
        },
    }
    answer = boto3.client("lambda").invoke(
        FunctionName=os.environ["MIGRATOR_FUNCTION"], Payload=json.dumps(event).encode()
    )
    said = answer["Payload"].read().decode()
    assert "FunctionError" not in answer, f"the migrator failed: {said}"
    outcome: dict[str, Any] = json.loads(said)
    return outcome


@pytest.fixture(scope="module")
def outcome() -> dict[str, Any]:
    return ask_migrator()


def test_every_extension_is_there(outcome: dict[str, Any]) -> None:
    assert set(outcome["extensions"]) >= EXTENSIONS


def test_the_schema_is_the_one_of_this_commit(outcome: dict[str, Any]) -> None:
    newest = max(int(file.name.partition("_")[0]) for file in SCHEMA.glob("*.sql"))
    assert outcome["version"] == newest


def test_the_deployment_left_nothing_to_migrate(outcome: dict[str, Any]) -> None:
    assert outcome["applied"] == []
