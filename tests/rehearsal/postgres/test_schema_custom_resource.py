"""A database and its schema in one stack: CloudFormation runs the migrator as a function, with its role."""

import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest

from rehearsal.home import Home
from rehearsal.postgres.distribution import EXTENSIONS
from stacks.second_brain.logins import OWNER, ROLES
from tests.rehearsal.cloud.stacks import Stacks

REPOSITORY = Path(__file__).parents[3]
HANDLER = REPOSITORY / "blocks/schema_migration/handler"
SCHEMA = REPOSITORY / "lambdas/second_brain/schema"
LOCK = REPOSITORY / "blocks/schema_migration/requirements.lock"
BUCKET = "migrator-code"
OUTPUTS = {
    "Host": {"Fn::GetAtt": ["Database", "Endpoint.Address"]},
    "Secret": {"Ref": "Login"},
    "Function": {"Ref": "Function"},
    "Version": {"Fn::GetAtt": ["Schema", "Version"]},
}


@pytest.fixture
def code(aws: boto3.session.Session, tmp_path: Path) -> Iterator[str]:
    """The function's zip in a bucket, laid out as it is deployed; the object's key."""
    folder = tmp_path / "asset"
    shutil.copytree(HANDLER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(SCHEMA, folder / "schema")
    _vendor(folder)
    storage = aws.client("s3")
    location: Any = {"LocationConstraint": aws.region_name}
    storage.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
    storage.put_object(Bucket=BUCKET, Key="code.zip", Body=_zipped(folder))
    yield "code.zip"
    storage.delete_object(Bucket=BUCKET, Key="code.zip")
    storage.delete_bucket(Bucket=BUCKET)


def test_stack_brings_the_database_to_its_schema(
    aws: boto3.session.Session, code: str, cloud_home: Home
) -> None:
    stacks = Stacks(session=aws)
    try:
        outputs = stacks.deploy("schema", _resources(code), **OUTPUTS)
        assert outputs["Version"] == str(len(list(SCHEMA.glob("*.sql"))))
        assert _tables(outputs, cloud_home) >= {"entities", "calendar_events", "schema_version"}
        outcome = _invoke(aws, outputs)
        assert (tuple(outcome["extensions"]), outcome["applied"]) == (EXTENSIONS, [])
    finally:
        stacks.delete("schema")


def _tables(outputs: dict[str, str], home: Home) -> set[str]:
    with psycopg.connect(
        host=outputs["Host"],
        user="owner",
        password="long-password",
        dbname="app",
        sslmode="verify-full",
        sslrootcert=str(home.databases / "rds-ca.pem"),
    ) as session:
        rows = session.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
    return {str(row[0]) for row in rows}


def _invoke(aws: boto3.session.Session, outputs: dict[str, str]) -> dict[str, Any]:
    """What a smoke test does: an Update event without a response URL."""
    properties = {
        "DbHost": outputs["Host"],
        "DbName": "app",
        "SecretArn": outputs["Secret"],
        "Extensions": list(EXTENSIONS),
    }
    event = {"RequestType": "Update", "ResourceProperties": properties}
    answer = aws.client("lambda").invoke(FunctionName=outputs["Function"], Payload=json.dumps(event))
    found: dict[str, Any] = json.load(answer["Payload"])
    assert "FunctionError" not in answer, found
    return found


def _resources(key: str) -> dict[str, Any]:
    return {
        "Login": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {"SecretString": json.dumps({"username": "owner", "password": "long-password"})},
        },
        "Database": {
            "Type": "AWS::RDS::DBInstance",
            "DeletionPolicy": "Delete",
            "Properties": {
                "Engine": "postgres",
                "EngineVersion": "16.13",
                "DBInstanceClass": "db.t4g.micro",
                "AllocatedStorage": "20",
                "DBName": "app",
                "MasterUsername": "owner",
                "MasterUserPassword": "long-password",
            },
        },
        **{_secret_id(role): _generated(role) for role in (OWNER, *ROLES)},
        "Role": {"Type": "AWS::IAM::Role", "Properties": _role()},
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.14",
                "Handler": "migrator.custom_resource.handler",
                "Timeout": 300,
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"S3Bucket": BUCKET, "S3Key": key},
                # The bundle of the real RDS, which a rehearsal must not be held to.
                "Environment": {"Variables": {"PGSSLROOTCERT": "/var/task/rds.pem"}},
            },
        },
        "Schema": {
            "Type": "AWS::CloudFormation::CustomResource",
            "Properties": {
                "ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]},
                "DbHost": {"Fn::GetAtt": ["Database", "Endpoint.Address"]},
                "DbName": "app",
                "SecretArn": {"Ref": "Login"},
                "SchemaHash": "one",
                "Extensions": list(EXTENSIONS),
                "Owner": _told(OWNER),
                "Logins": [_told(role) for role in ROLES],
            },
        },
    }


def _told(role: str) -> dict[str, Any]:
    return {"Role": role, "SecretArn": {"Ref": _secret_id(role)}, "Connections": 3}


def _secret_id(role: str) -> str:
    return "".join(word.capitalize() for word in role.split("_"))


def _generated(role: str) -> dict[str, Any]:
    """As the application's stack has it."""
    generated = {
        "SecretStringTemplate": json.dumps({"username": role}),
        "GenerateStringKey": "password",
        "ExcludePunctuation": True,
    }
    return {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": generated}}


def _role() -> dict[str, Any]:
    """May read these secrets, and nothing else."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    secrets = [{"Ref": name} for name in ("Login", *map(_secret_id, (OWNER, *ROLES)))]
    read = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secrets}
    return {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [
            {"PolicyName": "read", "PolicyDocument": {"Version": "2012-10-17", "Statement": [read]}}
        ],
    }


def _vendor(folder: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    command: list[str | Path] = [
        uv,
        "pip",
        "install",
        "--quiet",
        "--python",
        sys.executable,
        "--require-hashes",
    ]
    subprocess.run([*command, "--target", folder, "-r", LOCK], check=True)


def _zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return buffer.getvalue()
