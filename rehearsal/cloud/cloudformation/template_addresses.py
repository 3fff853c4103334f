"""Finds templates by URL as S3 does: in any account, with both URL styles.

Bucket names are global, but ministack searches only the stack's account, and knows only URLs of the form
`https://s3.<region>.amazonaws.com/bucket/key`. A pipeline that deploys to another account gives
CloudFormation a URL in its own artifact bucket, presigned by a role that may read it.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any
from urllib.parse import urlsplit

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard

_HOST_STYLE = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9.-]+)\.s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com")

Resolve = Callable[[Mapping[str, Any], str, str, str], Any]


def apply(_cloud: Cloud) -> None:
    guard = Guard("template addresses")
    helpers = guard.module("ministack.services.cloudformation.helpers")
    native = guard.function(helpers, "_resolve_document", ("params", "body_key", "url_key", "label"))
    responses = guard.module("ministack.core.responses")
    scope = guard.function(responses, "request_scope", ("account_id", "region"))
    region = guard.function(responses, "get_region", ())
    s3 = guard.module("ministack.services.s3")
    owner_of = guard.function(s3, "_bucket_owner_account", ("name",))

    def resolve(params: Mapping[str, Any], body_key: str, url_key: str, label: str) -> Any:
        url = _single(params.get(url_key))
        if not url:
            return native(params, body_key, url_key, label)
        path = path_of(url)
        owner = owner_of(path.partition("/")[0])
        with scope(owner, region()) if owner else nullcontext():
            return native({**params, url_key: [f"https://s3.amazonaws.com/{path}"]}, body_key, url_key, label)

    helpers._resolve_document = resolve


def path_of(url: str) -> str:
    """`bucket/key`, whether the bucket is in the path or in the host."""
    parts = urlsplit(url)
    path = parts.path.lstrip("/")
    in_host = _HOST_STYLE.fullmatch(parts.hostname or "")
    return f"{in_host['bucket']}/{path}" if in_host else path


def _single(value: Any) -> str:
    found = value[0] if isinstance(value, list) and value else value
    return found if isinstance(found, str) else ""
