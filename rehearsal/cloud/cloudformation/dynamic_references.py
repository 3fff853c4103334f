"""Adds the command that creates it to the error about a template's missing secret or parameter.

A manually created secret, such as a GitHub token, exists on AWS; here it must be created again. Its value
seldom matters in a rehearsal, which calls no hosted service.
"""

import json
import shlex
from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard

_MISSING = " not found"


def apply(cloud: Cloud) -> None:
    guard = Guard("dynamic references")
    engine = guard.module("ministack.services.cloudformation.engine")
    native = guard.function(engine, "_resolve_dynamic_reference", ("literal",))
    context = guard.module("ministack.core.responses")

    def resolve(literal: str) -> Any:
        try:
            return native(literal)
        except ValueError as error:
            if not str(error).endswith(_MISSING):
                raise
            place = _Place(cloud, account=context.get_account_id(), region=context.get_region())
            raise ValueError(f"{error}. {_remedy(literal, place)}") from None

    engine._resolve_dynamic_reference = resolve


class _Place:
    """The shell settings for the account and region of the stack."""

    def __init__(self, cloud: Cloud, *, account: str, region: str) -> None:
        other = f" --account {account}" if account != cloud.account else ""
        self.shell = f'eval "$(slipway env{other})"'
        self.option = f" --region {region}" if region != cloud.region else ""


def _remedy(literal: str, place: _Place) -> str:
    service, _, body = literal.strip("{}").removeprefix("resolve:").partition(":")
    make = _secret(body) if service == "secretsmanager" else _parameter(service, body)
    return (
        "It must exist in the rehearsal's embedded AWS as in the account: "
        f"{place.shell}; {make}{place.option}"
    )


def _secret(body: str) -> str:
    if body.startswith("arn:"):
        parts = body.split(":")
        name, rest = parts[6], parts[7:]
    else:
        name, *rest = body.split(":")
    key = rest[1] if len(rest) > 1 else ""
    value = json.dumps({key: "placeholder"}) if key else "placeholder"
    return f"aws secretsmanager create-secret --name {shlex.quote(name)} --secret-string {shlex.quote(value)}"


def _parameter(service: str, body: str) -> str:
    kind = "SecureString" if service == "ssm-secure" else "String"
    name = shlex.quote(body.partition(":")[0])
    return f"aws ssm put-parameter --name {name} --type {kind} --value placeholder"
