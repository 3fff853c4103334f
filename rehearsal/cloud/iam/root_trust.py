"""Applies trust policies to the root of an account too.

ministack lets root assume every role that trusts any service, because its own services act as root. Here root
is the person at the machine, who may assume only roles that trust the account. Code that acts as a service
uses `Cloud.assume_as_service`.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard

_EXTERNAL_ID = "sts:externalid"


def apply(cloud: Cloud) -> None:
    if not cloud.enforces_iam:
        return
    guard = Guard("trust policies for root")
    evaluator = guard.module("ministack.core.iam_evaluator")
    native = guard.function(evaluator, "evaluate_trust_policy", ("trust_doc", "caller_arn", "ctx"))

    def evaluate(trust_doc: Any, caller_arn: str, ctx: Any = None) -> Any:
        if not caller_arn.endswith(":root"):
            return native(trust_doc, caller_arn, ctx)
        if ctx is not None and ctx.service_context.get(_EXTERNAL_ID) == cloud.service_token:
            unnamed = {key: value for key, value in ctx.service_context.items() if key != _EXTERNAL_ID}
            return native(trust_doc, caller_arn, replace(ctx, service_context=unnamed))
        return native(_without_services(trust_doc), caller_arn, ctx)

    evaluator.evaluate_trust_policy = evaluate


def _without_services(document: Any) -> Any:
    try:
        found = json.loads(document) if isinstance(document, str) else document
    except ValueError:
        return document
    if not isinstance(found, dict):
        return document
    statements = found.get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    return {**found, "Statement": [_of_accounts(statement) for statement in listed]}


def _of_accounts(statement: Any) -> Any:
    principal = statement.get("Principal") if isinstance(statement, Mapping) else None
    if not isinstance(principal, Mapping):
        return statement
    kept = {kind: named for kind, named in principal.items() if kind != "Service"}
    return {**statement, "Principal": kept}
