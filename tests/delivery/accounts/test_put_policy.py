"""`put-policy.sh` on an account: a policy is made once, and its versions never run out."""

import json
from pathlib import Path

import pytest

from tests.delivery.accounts.embedded import ACCOUNT, Done, Embedded

ARN = f"arn:aws:iam::{ACCOUNT}:policy/delivery-made-up"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "policy.json"


def put(embedded: Embedded, file: Path, action: str) -> Done:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return embedded.run("bash", "pipeline/steps/put-policy.sh", ARN, str(file))


def test_the_eighth_version_takes_the_place_of_the_oldest(embedded: Embedded, file: Path) -> None:
    iam = embedded.client("iam")
    for number in range(8):
        done = put(embedded, file, f"sqs:Call{number}")
        assert done.returncode == 0, done.stderr
        default = iam.get_policy(PolicyArn=ARN)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=ARN, VersionId=default)["PolicyVersion"]["Document"]
        assert document["Statement"][0]["Action"] == f"sqs:Call{number}"
    versions = [each["VersionId"] for each in iam.list_policy_versions(PolicyArn=ARN)["Versions"]]
    assert sorted(versions) == ["v4", "v5", "v6", "v7", "v8"]


def test_an_account_that_refuses_is_heard(embedded: Embedded, file: Path) -> None:
    file.write_text("{}")
    done = embedded.run(
        "bash", "pipeline/steps/put-policy.sh", ARN, str(file), extra={"AWS_ACCESS_KEY_ID": "unknown"}
    )
    assert done.returncode == 1
    assert done.stderr
