"""The accounts and regions to which the deployed pipelines deliver."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rehearsal.daemon import client
from rehearsal.home import Endpoint

if TYPE_CHECKING:
    from mypy_boto3_codepipeline.client import CodePipelineClient

_ROLE = re.compile(r"arn:aws:iam::(?P<account>\d{12}):role/")


@dataclass(frozen=True, order=True)
class Place:
    account: str
    region: str

    def __str__(self) -> str:
        return f"{self.account} {self.region}"


def pipelines_of(codepipeline: "CodePipelineClient") -> list[str]:
    pages = codepipeline.get_paginator("list_pipelines").paginate()
    return [pipeline["name"] for page in pages for pipeline in page["pipelines"]]


def delivery_places(endpoint: Endpoint) -> tuple[Place, ...]:
    """The pipeline's own account and region first."""
    codepipeline: CodePipelineClient = client.session(endpoint).client("codepipeline")
    pipelines = (codepipeline.get_pipeline(name=name)["pipeline"] for name in pipelines_of(codepipeline))
    return places_of(pipelines, endpoint)


def places_of(pipelines: Iterable[Mapping[str, Any]], endpoint: Endpoint) -> tuple[Place, ...]:
    """Where the actions work, by the accounts of their roles and by their regions."""
    actions = (action for one in pipelines for stage in one["stages"] for action in stage["actions"])
    found = (place for action in actions for place in _places_of_action(action, endpoint))
    return tuple(dict.fromkeys((Place(endpoint.account, endpoint.region), *found)))


def _places_of_action(action: Mapping[str, Any], endpoint: Endpoint) -> Iterator[Place]:
    region = str(action.get("region") or endpoint.region)
    for role in _ROLE.finditer(json.dumps(action)):
        yield Place(role["account"], region)
    yield Place(endpoint.account, region)
