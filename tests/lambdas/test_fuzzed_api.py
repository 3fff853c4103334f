"""Whatever anybody sends, no function fails and no answer is a 5xx."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lambdas.conftest import Start
from tests.lambdas.events import Person, event, send
from tests.lambdas.runtime_api import Function

ROUTES = [
    ("query", "POST", "/query"),
    ("query", "GET", "/entities/{entity_id}"),
    ("ingest", "POST", "/ingest"),
    ("ingest", "POST", "/voice-notes"),
    ("ingest", "GET", "/voice-notes/{voice_note_id}"),
    ("calendar", "GET", "/calendar"),
    ("calendar", "POST", "/calendar"),
    ("calendar", "GET", "/links"),
    ("calendar", "DELETE", "/links/{link_id}"),
    ("calendar", "POST", "/family"),
    ("calendar", "POST", "/family/join"),
    ("calendar", "POST", "/family/leave"),
    ("calendar", "POST", "/family/invitations"),
    ("calendar", "DELETE", "/family/invitations/{invitation_id}"),
    ("calendar", "PUT", "/family/members/{member_id}"),
    ("calendar", "DELETE", "/family/members/{member_id}"),
    ("calendar", "POST", "/person/codes"),
    ("calendar", "POST", "/person/link"),
    ("calendar", "POST", "/person/confirm"),
    ("calendar", "DELETE", "/person/accounts/{account_id}"),
]
IDS = ("entity_id", "link_id", "voice_note_id", "invitation_id", "member_id", "account_id")
PERSON = Person()
TEXT = st.text(max_size=60)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
MOMENT = st.datetimes().map(lambda moment: moment.isoformat() + "Z") | TEXT
KNOWN = {
    "question": TEXT | VALUE,
    "limit": st.integers() | VALUE,
    "kind": st.sampled_from(["note", "event", "question"]) | VALUE,
    "title": TEXT | VALUE,
    "body": TEXT | VALUE,
    "place": TEXT | VALUE,
    "content_type": st.just("audio/mpeg") | VALUE,
    "bytes": st.integers() | VALUE,
    "name": TEXT | VALUE,
    "code": TEXT | VALUE,
    "bring_notes": st.booleans() | VALUE,
    "dry_run": st.booleans() | VALUE,
    "role": st.sampled_from(["owner", "member", "child"]) | VALUE,
    "email": st.emails() | VALUE,
    "uses": st.integers() | VALUE,
    "days": st.integers() | VALUE,
    "account_id": st.uuids().map(str) | VALUE,
    "starts_at": MOMENT,
    "ends_at": MOMENT,
}
BODY = st.fixed_dictionaries({}, optional=KNOWN).map(json.dumps) | VALUE.map(json.dumps) | TEXT


@pytest.fixture
def functions(start: Start) -> Mapping[str, Function]:
    return {name: start(name) for name in {name for name, _, _ in ROUTES}}


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    route=st.sampled_from(ROUTES),
    body=BODY,
    query=st.dictionaries(TEXT, MOMENT, max_size=2),
    path=TEXT,
    data=st.data(),
)
def test_no_request_is_answered_with_a_5xx(
    functions: Mapping[str, Function],
    route: tuple[str, str, str],
    body: str,
    query: dict[str, Any],
    path: str,
    data: st.DataObject,
) -> None:
    name, method, resource = route
    moments = {"from": data.draw(MOMENT), "to": data.draw(MOMENT)}
    request = event(
        method,
        resource,
        claims=PERSON.claims,
        body=body,
        query={**query, **moments},
        path=dict.fromkeys(IDS, path),
    )
    assert send(functions[name], request).status < 500
