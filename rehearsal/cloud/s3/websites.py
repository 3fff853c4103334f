"""S3 websites: serves index documents at the path that `local_url` computes for a website's URL.

ministack stores a bucket's website configuration but serves none. Objects are read anonymously, so the
bucket's policy must allow it. Error documents and redirect rules are not supported.
"""

import re
from collections.abc import Mapping
from typing import Any

from rehearsal.emulator.extension import Asgi, Cloud
from rehearsal.emulator.guards import Guard
from rehearsal.emulator.urls import WEBSITE_PATH

_SUFFIX = re.compile(r"<IndexDocument>.*?<Suffix>(?P<suffix>[^<]+)</Suffix>", re.DOTALL)


def apply(cloud: Cloud) -> None:
    guard = Guard("S3 websites")
    configurations = guard.attribute(guard.module("ministack.services.s3"), "_bucket_websites")
    guard.attribute(configurations, "to_dict")

    def layer(app: Asgi) -> Asgi:
        async def serve(scope: dict[str, Any], receive: Any, send: Any) -> None:
            path = scope.get("path", "")
            if scope.get("type") == "http" and path.startswith(WEBSITE_PATH):
                scope = _moved(scope, _object_path(path, _suffixes(configurations.to_dict())))
            await app(scope, receive, send)

        return serve

    cloud.layers.append(layer)


def _suffixes(configurations: Mapping[tuple[str, ...], str]) -> dict[str, str]:
    found = ((key[-1], _SUFFIX.search(text)) for key, text in configurations.items())
    return {bucket: match["suffix"] for bucket, match in found if match}


def _object_path(path: str, suffixes: Mapping[str, str]) -> str:
    _region, _, rest = path[len(WEBSITE_PATH) :].partition("/")
    bucket, _, key = rest.partition("/")
    folder = not key or key.endswith("/")
    return f"/{bucket}/{key}{suffixes.get(bucket, 'index.html') if folder else ''}"


def _moved(scope: dict[str, Any], path: str) -> dict[str, Any]:
    return {**scope, "path": path, "raw_path": path.encode()}
