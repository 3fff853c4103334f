"""Stacks with a database, and how a client gets in."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import psycopg

from tests.rehearsal.cloud.stacks import Stacks

Row = tuple[Any, ...]


class Stack:
    """One stack of a test."""

    def __init__(self, session: boto3.session.Session, name: str) -> None:
        self.name = name
        self._stacks = Stacks(session=session)

    def deploy(self, template: Mapping[str, Any]) -> dict[str, str]:
        return self._stacks.deploy(self.name, template["Resources"], **template["Outputs"])

    def delete(self) -> None:
        if self._stacks.exists(self.name):
            self._stacks.delete(self.name)


def log_in(secret: Mapping[str, Any], authority: Path) -> psycopg.Connection[Row]:
    return psycopg.connect(
        host=secret["host"],
        port=secret["port"],
        user=secret["username"],
        password=secret["password"],
        dbname=secret["dbname"],
        sslmode="verify-full",
        sslrootcert=str(authority),
        autocommit=True,
    )


def read_secret(aws: boto3.session.Session, arn: str) -> dict[str, Any]:
    value = aws.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    found: dict[str, Any] = json.loads(value)
    return found


def instance_template(**properties: Any) -> dict[str, Any]:
    """An instance whose secret is generated and attached, as CDK writes it."""
    login = "{{resolve:secretsmanager:${Secret}:SecretString:%s::}}"
    generated = {
        "SecretStringTemplate": json.dumps({"username": "sbadmin"}),
        "GenerateStringKey": "password",
        "PasswordLength": 32,
        "ExcludePunctuation": True,
    }
    database = {
        "Engine": "postgres",
        "EngineVersion": "16.13",
        "DBInstanceClass": "db.t4g.micro",
        "AllocatedStorage": "20",
        "DBName": "second_brain",
        "MasterUsername": {"Fn::Sub": login % "username"},
        "MasterUserPassword": {"Fn::Sub": login % "password"},
        "DBParameterGroupName": {"Ref": "Parameters"},
        **properties,
    }
    attachment = {
        "SecretId": {"Ref": "Secret"},
        "TargetId": {"Ref": "Database"},
        "TargetType": "AWS::RDS::DBInstance",
    }
    return {
        "Resources": {
            "Secret": {
                "Type": "AWS::SecretsManager::Secret",
                "Properties": {"GenerateSecretString": generated},
            },
            "Parameters": parameter_group(max_connections="50", work_mem="4096"),
            "Database": {
                "Type": "AWS::RDS::DBInstance",
                "Properties": database,
                "DeletionPolicy": "Delete",
                "UpdateReplacePolicy": "Delete",
            },
            "Attachment": {"Type": "AWS::SecretsManager::SecretTargetAttachment", "Properties": attachment},
        },
        "Outputs": {
            "Secret": {"Ref": "Secret"},
            "Host": {"Fn::GetAtt": ["Database", "Endpoint.Address"]},
            "Port": {"Fn::GetAtt": ["Database", "Endpoint.Port"]},
            "Id": {"Ref": "Database"},
        },
    }


def parameter_group(**values: str) -> dict[str, Any]:
    properties = {"Family": "postgres16", "Description": "for a test", "Parameters": values}
    return {"Type": "AWS::RDS::DBParameterGroup", "Properties": properties}
