"""Secrets Manager: ARNs as `Ref` of secrets, and types other than the secret itself."""

from rehearsal.cloud.secretsmanager import (
    resource_types,
    secret_reference,
)
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types


def attach(cloud: Cloud) -> None:
    add_types(cloud, resource_types.ROWS)
    cloud.wrap_resource(secret_reference.TYPE_NAME, secret_reference.SecretByArn)
