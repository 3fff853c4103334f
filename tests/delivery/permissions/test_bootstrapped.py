"""The change report asks the account of an environment what it was bootstrapped with."""

import json
import shutil
from pathlib import Path

import boto3

from pipeline.change_report.bootstrapped import lacking
from pipeline.permissions import kept
from tests.delivery.permissions.account import bootstrap


def test_an_account_tells_what_it_lacks(aws: boto3.session.Session, tmp_path: Path) -> None:
    """The account of all environments may have more than one of them needs."""
    bootstrap(aws, *kept.names())
    assert lacking("prod", aws) == []
    shutil.copytree(kept.FOLDER, tmp_path, dirs_exist_ok=True)
    for kind, sid in (("execution", "Queues"), ("boundary", "Ceiling")):
        file = tmp_path / f"prod.{kind}.json"
        document = json.loads(file.read_text(encoding="utf-8"))
        (statement,) = (each for each in document["Statement"] if each["Sid"] == sid)
        statement["Action"].append("sqs:PurgeQueue")
        file.write_text(json.dumps(document), encoding="utf-8")
    assert lacking("prod", aws, tmp_path) == [
        "prod: execution policy: Queues: sqs:PurgeQueue",
        "prod: boundary: Ceiling: sqs:PurgeQueue",
    ]


def test_an_environment_that_nobody_has_generated(aws: boto3.session.Session) -> None:
    assert lacking("canary", aws) == ["canary: there is no policy for it; run make execution-policy"]
