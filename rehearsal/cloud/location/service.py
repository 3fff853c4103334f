"""The `geo-places` half of Amazon Location (version 1): place indexes and searches in them."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from rehearsal.cloud.location.gazetteer import CITIES, Place, nearest, search
from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard
from rehearsal.emulator.resource_types.backed import Backed, BackedResource
from rehearsal.emulator.resource_types.known import Known
from rehearsal.emulator.stored_table import StoredTable
from rehearsal.model.results import Fidelity, Gap

_INDEX = re.compile(r"^/places/v0/indexes/(?P<name>[^/]+)(?:/search/(?P<search>text|position|suggestions))?$")
_DEFAULT_RESULTS = 50
Response = tuple[int, dict[str, str], bytes]


def _attributes(it: Known) -> Mapping[str, Any]:
    arn = it.answer["IndexArn"]
    return {
        "Arn": arn,
        "IndexArn": arn,
        "CreateTime": str(it.answer["CreateTime"]),
        "UpdateTime": str(it.answer["UpdateTime"]),
    }


GAP = Gap(
    subject="AWS::Location::PlaceIndex",
    fidelity=Fidelity.EMULATED,
    reason=f"searches find only {len(CITIES)} cities by name; any other text finds nothing",
)
INDEX = Backed(
    type_name="AWS::Location::PlaceIndex",
    service="location",
    create="create_place_index",
    arguments=lambda it: {"IndexName": it.name("IndexName", limit=100)},
    ref=lambda it: it.name("IndexName", limit=100),
    key=lambda it: {"IndexName": it.id},
    read="describe_place_index",
    update="update_place_index",
    delete="delete_place_index",
    immutable=frozenset({"IndexName", "DataSource"}),
    attributes=_attributes,
    limits=GAP.reason,
)


def attach(cloud: Cloud) -> None:
    cloud.register_resource(INDEX.type_name, BackedResource(cloud, INDEX))
    guard = Guard("place indexes")
    services = guard.attribute(guard.module("ministack.app"), "SERVICE_HANDLERS")
    guard.that("location" in services, "it has no location service")
    context = guard.module("ministack.core.responses")
    native, places = services["location"], _Places(StoredTable(cloud.home.state / "place-indexes.json"))

    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Response:
        if not path.startswith("/places/v0/"):
            return await native(method, path, headers, body, query)  # type: ignore[no-any-return]
        scope = (context.get_account_id(), context.get_region())
        return places.handle(method, path, json.loads(body or b"{}"), scope)

    services["location"] = handle


class _Places:
    def __init__(self, shelf: StoredTable) -> None:
        self._shelf = shelf

    def handle(self, method: str, path: str, body: dict[str, Any], scope: tuple[str, str]) -> Response:
        if path == "/places/v0/indexes" and method == "POST":
            return self._create(body, scope)
        if path == "/places/v0/list-indexes" and method == "POST":
            return _answer({"Entries": [_summary(index) for index in self._shelf.all(*scope)]})
        found = _INDEX.match(path)
        index = self._shelf.get(*scope, unquote(found["name"])) if found else None
        if found is None or index is None:
            return _failure("ResourceNotFoundException", f"The place index of {path} does not exist", 404)
        return self._on_index(method, found["search"], index, body, scope)

    def _create(self, body: dict[str, Any], scope: tuple[str, str]) -> Response:
        name = body["IndexName"]
        if self._shelf.get(*scope, name):
            return _failure("ConflictException", f"The place index {name} exists already", 409)
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        arn = f"arn:aws:geo:{scope[1]}:{scope[0]}:place-index/{name}"
        index = {"DataSourceConfiguration": {}, "Description": "", **body}
        self._shelf.put(*scope, name, {**index, "IndexArn": arn, "CreateTime": now, "UpdateTime": now})
        return _answer({"IndexName": name, "IndexArn": arn, "CreateTime": now})

    def _on_index(
        self,
        method: str,
        kind: str | None,
        index: Mapping[str, Any],
        body: dict[str, Any],
        scope: tuple[str, str],
    ) -> Response:
        if kind:
            return _answer(_SEARCHES[kind](body, index))
        if method == "DELETE":
            self._shelf.remove(*scope, index["IndexName"])
            return _answer({})
        if method == "PATCH":
            index = {**index, **body}
            self._shelf.put(*scope, index["IndexName"], index)
        return _answer(index)


def _by_text(body: Mapping[str, Any], index: Mapping[str, Any]) -> dict[str, Any]:
    limit = int(body.get("MaxResults", _DEFAULT_RESULTS))
    found = search(body["Text"], limit=limit)
    results = [{"Place": _place(place), "PlaceId": place.label, "Relevance": 1.0} for place in found]
    return {"Results": results, "Summary": {"Text": body["Text"], "DataSource": index["DataSource"]}}


def _by_position(body: Mapping[str, Any], index: Mapping[str, Any]) -> dict[str, Any]:
    longitude, latitude = body["Position"]
    limit = int(body.get("MaxResults", _DEFAULT_RESULTS))
    results = [
        {"Place": _place(place), "PlaceId": place.label, "Distance": distance * 1000}
        for place, distance in nearest(longitude, latitude, limit=limit)
    ]
    return {"Results": results, "Summary": {"Position": body["Position"], "DataSource": index["DataSource"]}}


def _suggestions(body: Mapping[str, Any], index: Mapping[str, Any]) -> dict[str, Any]:
    begun = body["Text"].lower()
    found = [place for place in CITIES if place.name.lower().startswith(begun)]
    results = [{"Text": place.label, "PlaceId": place.label} for place in found]
    return {"Results": results, "Summary": {"Text": body["Text"], "DataSource": index["DataSource"]}}


_SEARCHES: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]] = {
    "text": _by_text,
    "position": _by_position,
    "suggestions": _suggestions,
}


def _place(place: Place) -> dict[str, Any]:
    return {
        "Label": place.label,
        "Municipality": place.name,
        "Country": place.country,
        "Geometry": {"Point": [place.longitude, place.latitude]},
    }


def _summary(index: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: index.get(name, "")
        for name in ("IndexName", "DataSource", "Description", "CreateTime", "UpdateTime")
    }


def _answer(body: Mapping[str, Any]) -> Response:
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


def _failure(code: str, message: str, status: int) -> Response:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
    return status, headers, json.dumps({"Message": message}).encode()
