"""ElastiCache: caches in the API only."""

from collections.abc import Mapping
from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import add_types
from rehearsal.emulator.resource_types.described import Described
from rehearsal.emulator.resource_types.known import Known
from rehearsal.emulator.resource_types.recorded import row

_NO_CACHE = "no cache server listens at its endpoint"


def _cache(it: Known) -> Mapping[str, Any]:
    host = f"{it.id}-{it.unique}.serverless.{it.request.region}.cache.amazonaws.com"
    ends = {"Endpoint": "6379", "ReaderEndpoint": "6380"}
    return {
        "ARN": it.arn("elasticache", f"serverlesscache:{it.id}"),
        "CreateTime": "2026-01-01T00:00:00Z",
        "FullEngineVersion": str(it.properties.get("MajorEngineVersion", "7")),
        "Status": "available",
        **{f"{end}.Address": host for end in ends},
        **{f"{end}.Port": port for end, port in ends.items()},
    }


ROWS = (
    row(
        "AWS::ElastiCache::ServerlessCache",
        lambda it: str(it.properties["ServerlessCacheName"]),
        _NO_CACHE,
        _cache,
    ),
    Described("AWS::ElastiCache::CacheCluster", _NO_CACHE),
    Described("AWS::ElastiCache::ReplicationGroup", _NO_CACHE),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
