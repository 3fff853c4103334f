"""Corrects ministack's IAM evaluation where it would deny what AWS allows.

- Every request arrives over plain HTTP on loopback, yet policies rightly deny requests without
  `aws:SecureTransport`. The request is evaluated as the TLS request that it would be on AWS.
- `iam:ResourceTag/…` is resolved from the role's tags, as `aws:ResourceTag/…` already is: the CDK bootstrap's
  roles use it in a condition for `sts:AssumeRole`.
- `aws:PrincipalArn` of a role's session is the role's ARN, not the session's.
- `s3:ResourceAccount` is the account that owns the bucket, not the caller's: the bootstrap's deploy role uses
  it to read a pipeline's artifacts in every account but its own.
"""

import re
from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard

_ROLE_TAG = "iam:resourcetag/"
_OWNER = frozenset({"s3:resourceaccount", "aws:resourceaccount"})
_BUCKET = "arn:aws:s3:::"
_SESSION = re.compile(r"arn:aws:sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/")


def apply(cloud: Cloud) -> None:
    if cloud.enforces_iam:
        _take_requests_as_secure()
        _resolve_condition_keys()


def _take_requests_as_secure() -> None:
    guard = Guard("secure transport")
    app = guard.module("ministack.app")
    native = guard.function(app, "pin_request_origin", ("source_ip", "secure_transport"))
    guard.that(guard.attribute(app, "AUTH") is True, "AUTH=true is not in force")
    app.pin_request_origin = lambda source_ip, _secure: native(source_ip, True)


def _resolve_condition_keys() -> None:
    guard = Guard("condition keys")
    evaluator = guard.module("ministack.core.iam_evaluator")
    native = guard.function(evaluator, "_resolve_condition_key", ("key", "ctx"))
    context_type = guard.attribute(evaluator, "EvalContext")
    tags = guard.function(guard.module("ministack.services.tagging"), "resource_tags", ("arn",))
    owner_of = guard.function(guard.module("ministack.services.s3"), "_bucket_owner_account", ("name",))
    roles = guard.attribute(guard.module("ministack.services.iam"), "_roles")
    guard.that("resource_arn" in context_type.__annotations__, "EvalContext has no resource_arn")

    def resolve(key: str, ctx: Any) -> Any:
        if key.lower().startswith(_ROLE_TAG):
            return (tags(ctx.resource_arn) or {}).get(key[len(_ROLE_TAG) :])
        session = _SESSION.match(ctx.principal_arn or "")
        if key.lower() == "aws:principalarn" and session:
            role = roles.get_scoped(session["account"], None, session["role"]) or {}
            return role.get("Arn") or native(key, ctx)
        if key.lower() in _OWNER and ctx.resource_arn.startswith(_BUCKET):
            bucket = ctx.resource_arn.removeprefix(_BUCKET).partition("/")[0]
            return owner_of(bucket) or native(key, ctx)
        return native(key, ctx)

    evaluator._resolve_condition_key = resolve
