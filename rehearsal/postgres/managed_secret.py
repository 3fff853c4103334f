"""The secret that RDS creates and owns if a template sets `ManageMasterUserPassword`."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from rehearsal.postgres.records import Record


@dataclass(frozen=True, kw_only=True)
class ManagedSecret:
    session: boto3.session.Session

    def wanted(self, properties: Mapping[str, Any]) -> bool:
        return str(properties.get("ManageMasterUserPassword", "")).lower() == "true"

    def ensure(self, record: Record, *, properties: Mapping[str, Any], resource_id: str) -> str:
        """The password in the record's secret, which is created if it does not exist."""
        client = self.session.client("secretsmanager")
        if not record.get("MasterUserSecret"):
            record["MasterUserSecret"] = self._create(record, properties, resource_id)
        value = client.get_secret_value(SecretId=record["MasterUserSecret"]["SecretArn"])
        return str(json.loads(value["SecretString"])["password"])

    def forget(self, record: Record) -> None:
        held = record.get("MasterUserSecret")
        if held:
            client = self.session.client("secretsmanager")
            client.delete_secret(SecretId=held["SecretArn"], ForceDeleteWithoutRecovery=True)

    def _create(self, record: Record, properties: Mapping[str, Any], resource_id: str) -> dict[str, str]:
        key = (properties.get("MasterUserSecret") or {}).get("KmsKeyId")
        login = {"username": record["MasterUsername"], "password": secrets.token_urlsafe(24)}
        made = self.session.client("secretsmanager").create_secret(
            Name=f"rds!{resource_id}",
            SecretString=json.dumps(login),
            **({"KmsKeyId": key} if key else {}),
        )
        return {"SecretArn": made["ARN"], "SecretStatus": "active", "KmsKeyId": key or ""}
