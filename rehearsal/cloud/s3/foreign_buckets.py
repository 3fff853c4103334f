"""Access to another account's bucket by a role that the bucket's policy names.

ministack evaluates such a request as the root of the caller's account. A policy that names a role, as CDK
Pipelines' artifact bucket names the deploy roles of other accounts, then never matches. Here the bucket's
policy is evaluated with the real caller.
"""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import is_dataclass, replace
from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard

_ACCESS_KEY = re.compile(r"Credential=(?P<id>[^/]+)/")
_asking: ContextVar[Any] = ContextVar("asking", default=None)


def apply(cloud: Cloud) -> None:
    if not cloud.enforces_iam:
        return
    guard = Guard("foreign buckets")
    evaluator = guard.module("ministack.core.iam_evaluator")
    s3 = guard.module("ministack.services.s3")
    guard.that(is_dataclass(guard.attribute(evaluator, "EvalContext")), "EvalContext is no dataclass")
    judge = guard.attribute(evaluator, "evaluate_resource_policy")
    resolve = guard.attribute(evaluator, "resolve_credential")
    native = guard.attribute(s3, "_foreign_bucket_allows")

    def allows(
        owner: str, bucket: str, key: str, method: str, query: Any, caller: str, headers: Any = None
    ) -> Any:
        found = _ACCESS_KEY.search(_header(headers or {}, "authorization"))
        token = _asking.set(resolve(found["id"], caller) if found and caller else None)
        try:
            return native(owner, bucket, key, method, query, caller, headers)
        finally:
            _asking.reset(token)

    def evaluate(doc: Any, ctx: Any, *rest: Any, **options: Any) -> Any:
        arn = getattr(_asking.get(), "principal_arn", None)
        if arn is None:
            return judge(doc, ctx, *rest, **options)
        named = replace(ctx, principal_arn=arn, principal_type=_asking.get().principal_type)
        return judge(doc, named, *rest, **options)

    s3._foreign_bucket_allows = allows
    evaluator.evaluate_resource_policy = evaluate


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")
