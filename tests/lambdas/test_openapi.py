"""The OpenAPI document against the functions: the same routes, and answers of the shape that it promises."""

import re
from collections.abc import Mapping
from typing import Any

import psycopg
import pytest
import yaml

from rehearsal.postgres.login import Login
from tests.lambdas.conftest import WORKSPACE, Start
from tests.lambdas.events import Person, Reply, call
from tests.lambdas.runtime_api import Function

DOCUMENT = yaml.safe_load((WORKSPACE / "second_brain" / "openapi.yaml").read_text())
OPERATIONS = [
    (method.upper(), path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]
ORDER = ("GET", "PUT", "POST", "DELETE")
ROUTE = re.compile(r'Route \{\s*method: "(\w+)",\s*resource: "([^"]+)"')
NOTE = {"kind": "note", "title": "Tea", "body": "Second shelf"}
RECORDING = {"content_type": "audio/mpeg", "bytes": 10}
EVENT = {"title": "Tea", "starts_at": "2031-01-01T09:00:00Z", "ends_at": "2031-01-01T10:00:00Z"}
WINDOW = {"from": "2031-01-01T00:00:00Z", "to": "2031-01-02T00:00:00Z"}


def test_the_document_has_the_routes_of_the_sources_and_no_others() -> None:
    sources = (WORKSPACE / "second_brain" / "api-gateway" / "src").glob("*.rs")
    routes = {route for source in sources for route in ROUTE.findall(source.read_text())}
    assert routes == {(method, path) for method, path, _ in OPERATIONS}


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_operation_is_served_and_wants_a_token(
    start: Start, method: str, path: str, operation: Mapping[str, Any]
) -> None:
    refused = call(start(operation["x-function"]), method, path)
    assert refused.status == 401
    conforms(refused, operation)


def test_answers_have_the_shape_that_the_document_promises(start: Start, database: Login) -> None:
    person = Person()
    functions = {name: start(name) for name in ("query", "ingest", "briefing", "calendar")}
    kept = call(functions["ingest"], "POST", "/ingest", person=person, body={**NOTE, "place": "Kitchen"})
    begun = call(functions["ingest"], "POST", "/voice-notes", person=person, body=RECORDING)
    requests: dict[str, dict[str, Any]] = {
        "query": {"body": {"question": "tea", "limit": 3}},
        "entity": {"path": {"entity_id": kept.body["id"]}},
        "ingest": {"body": NOTE},
        "briefing": {},
        "beginVoiceNote": {"body": RECORDING},
        "voiceNote": {"path": {"voice_note_id": begun.body["id"]}},
        "addEvent": {"body": EVENT},
        "listEvents": {"query": WINDOW},
        "listLinks": {},
        "endLink": {"path": {"link_id": linked(database, person)}},
        **of_families(functions["calendar"], person),
    }
    # What ends something comes last.
    for method, path, operation in sorted(OPERATIONS, key=lambda item: (ORDER.index(item[0]), item[1])):
        parts = {"person": person, **requests[operation["operationId"]]}
        reply = call(functions[operation["x-function"]], method, path, **parts)
        assert reply.status < 300, reply.text
        conforms(reply, operation)


def of_families(function: Function, person: Person) -> dict[str, dict[str, Any]]:
    """Requests of an owner with one member, one open invitation, and a code of another family."""

    def invited(by: Person) -> Mapping[str, Any]:
        found: Mapping[str, Any] = call(function, "POST", "/family/invitations", person=by, body={}).body
        return found

    member, terms = Person(), {"bring_notes": True, "dry_run": True}
    joining = {"code": invited(person)["code"], "bring_notes": True}
    joined = call(function, "POST", "/family/join", person=member, body=joining)
    assert joined.status == 200, joined.text
    members = call(function, "GET", "/family", person=member).body["members"]
    place = {"member_id": next(found["id"] for found in members if found["you"])}
    return {
        "family": {},
        "foundFamily": {"body": {"name": "Lighthouse"}},
        "joinFamily": {"body": {**terms, "code": invited(person)["code"]}},
        "leaveFamily": {"body": terms},
        "listInvitations": {},
        "invite": {"body": {"email": "ben@example.com", "role": "child"}},
        "withdrawInvitation": {"path": {"invitation_id": invited(person)["id"]}},
        "changeRole": {"path": place, "body": {"role": "owner"}},
        "removeMember": {"path": place},
        **of_accounts(function, person),
    }


def of_accounts(function: Function, person: Person) -> dict[str, dict[str, Any]]:
    """Requests of somebody with one account linked, one that waits, and a code of somebody else."""

    def code(of: Person) -> str:
        return str(call(function, "POST", "/person/codes", person=of, body={}).body["code"])

    def waiting() -> str:
        body = {"code": code(person)}
        assert call(function, "POST", "/person/link", person=Person(), body=body).status == 200
        accounts = call(function, "GET", "/person", person=person).body["accounts"]
        return next(str(found["id"]) for found in accounts if found["state"] == "awaiting_confirmation")

    linked_one = waiting()
    confirming = {"account_id": linked_one}
    assert call(function, "POST", "/person/confirm", person=person, body=confirming).status == 200
    return {
        "person": {},
        "offerAccountCode": {"person": Person(), "body": {}},
        "typeAccountCode": {"person": Person(), "body": {"code": code(Person())}},
        "confirmAccount": {"body": {"account_id": waiting()}},
        "unlinkAccount": {"path": {"account_id": linked_one}},
    }


def linked(database: Login, person: Person) -> str:
    """The id of a link that this person has."""
    insert = (
        "insert into external_accounts (family_id, user_id, provider, external_id, username, linked_family)"
        " select family_id, id, 'discord', subject, subject, family_id from users where subject = %s"
        " returning id"
    )
    with psycopg.connect(database.dsn, autocommit=True) as owner:
        row = owner.execute(insert, (person.subject,)).fetchone()
    assert row
    return str(row[0])


def conforms(reply: Reply, operation: Mapping[str, Any]) -> None:
    response = resolved(operation["responses"].get(str(reply.status), operation["responses"]["default"]))
    if "content" not in response:
        assert reply.text == "", operation["operationId"]
        return
    schema = response["content"]["application/json"]["schema"]
    check(reply.body, resolved(schema), operation["operationId"])


def resolved(node: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in node:
        return node
    target = DOCUMENT
    for part in node["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    assert isinstance(target, dict)
    return target


def check(value: Any, schema: Mapping[str, Any], where: str) -> None:
    """What this document uses of JSON Schema; a keyword of another kind would be a mistake here."""
    kinds: dict[str, type | tuple[type, ...]] = {
        "object": dict,
        "array": list,
        "string": str,
        "boolean": bool,
        "number": (int, float),
        "integer": int,
    }
    if kind := schema.get("type"):
        assert isinstance(value, kinds[kind]), where
    if "enum" in schema:
        assert value in schema["enum"], where
    for name in schema.get("required", ()):
        assert name in value, f"{where}.{name}"
    if "properties" in schema:
        for name, part in value.items():
            check(part, resolved(schema["properties"][name]), f"{where}.{name}")
    if "items" in schema:
        for part in value:
            check(part, resolved(schema["items"]), f"{where}[]")
