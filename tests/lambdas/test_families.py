"""Families over the API: the built functions, each signed in as itself, on a real PostgreSQL."""

from typing import Any

import pytest

from tests.lambdas.conftest import Start
from tests.lambdas.events import Person, Reply, call
from tests.lambdas.runtime_api import Function

DIARY = {"kind": "note", "title": "Diary", "body": "Zebra crossing"}


class Home:
    """The functions that people of these tests call."""

    def __init__(self, start: Start) -> None:
        self.people: Function = start("calendar")
        self.notes: Function = start("ingest")
        self.reader: Function = start("query")

    def asks(self, who: Person, method: str, route: str, **parts: Any) -> Reply:
        return call(self.people, method, route, person=who, **parts)

    def invites(self, who: Person, **wishes: Any) -> str:
        made = self.asks(who, "POST", "/family/invitations", body=wishes)
        assert made.status == 201, made.text
        return str(made.body["code"])

    def joins(self, who: Person, code: str, *, notes: bool = True, dry_run: bool = False) -> Reply:
        body = {"code": code, "bring_notes": notes, "dry_run": dry_run}
        return self.asks(who, "POST", "/family/join", body=body)

    def leaves(self, who: Person, *, notes: bool = True) -> Reply:
        return self.asks(who, "POST", "/family/leave", body={"bring_notes": notes})

    def writes(self, who: Person) -> str:
        return str(call(self.notes, "POST", "/ingest", person=who, body=DIARY).body["id"])

    def reads(self, who: Person, note: str) -> bool:
        found = call(self.reader, "GET", "/entities/{entity_id}", person=who, path={"entity_id": note})
        assert found.status in (200, 404)
        return found.status == 200

    def members(self, who: Person) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.asks(who, "GET", "/family").body["members"]
        return found

    def id_of(self, who: Person) -> str:
        return next(str(member["id"]) for member in self.members(who) if member["you"])


@pytest.fixture
def home(start: Start) -> Home:
    return Home(start)


def test_a_family_is_founded_joined_and_left(home: Home) -> None:
    ann, ben = Person(), Person()
    founded = home.asks(ann, "POST", "/family", body={"name": "The Lighthouse"})
    assert (founded.status, founded.body["name"]) == (200, "The Lighthouse")
    assert home.asks(ann, "POST", "/family", body={"name": "The Lighthouse"}).body == founded.body
    code, hers, his = home.invites(ann), home.writes(ann), home.writes(ben)
    told = home.joins(ben, code, dry_run=True).body
    assert (told["state"], told["family_name"], told["notes_moving"]) == ("preview", "The Lighthouse", 1)
    assert not home.reads(ben, hers)
    # As somebody types it.
    joined = home.joins(ben, f" {code.lower().replace('-', ' ')}")
    assert (joined.status, joined.body) == (200, {**told, "state": "done"})
    assert home.reads(ben, hers)
    assert home.reads(ann, his)
    assert [(member["role"], member["notes"]) for member in home.members(ann)] == [
        ("owner", 1),
        ("member", 1),
    ]
    left = home.leaves(ben).body
    assert (left["state"], left["notes_moving"], left["notes_staying"]) == ("done", 1, 0)
    assert home.reads(ben, his)
    assert not home.reads(ann, his)
    assert not home.reads(ben, hers)


def test_a_removed_members_token_reads_nothing(home: Home) -> None:
    """The same token as before, whatever family it names."""
    ann = Person()
    ben = Person(family=ann.family)
    hers = home.writes(ann)
    assert home.reads(ben, hers)
    place = {"member_id": home.id_of(ben)}
    told = home.asks(ann, "DELETE", "/family/members/{member_id}", path=place, query={"dry_run": "true"})
    assert told.body["state"] == "preview"
    assert home.reads(ben, hers)
    assert home.asks(ann, "DELETE", "/family/members/{member_id}", path=place).body["state"] == "done"
    assert not home.reads(ben, hers)
    assert [member["you"] for member in home.members(ben)] == [True]
    assert call(home.reader, "POST", "/query", person=ben, body={"question": "zebra"}).body["matches"] == []


def test_guesses_of_a_code_end(home: Home) -> None:
    ann, eve = Person(), Person()
    code = home.invites(ann)
    answers = [home.joins(eve, f"AAAAA-{number:05}", dry_run=True).status for number in range(11)]
    assert answers == [404] * 10 + [429]
    assert home.joins(eve, code).status == 429, "not even the right one, for an hour"
    assert home.joins(Person(), code).status == 200


def test_what_a_role_does_not_permit_is_403(home: Home) -> None:
    ann, kim = Person(), Person()
    home.joins(kim, home.invites(ann, role="child"))
    member = {"member_id": home.id_of(kim)}
    owner = {"member_id": home.id_of(ann)}
    for refused in (
        home.asks(kim, "POST", "/family/invitations", body={}),
        home.asks(kim, "PUT", "/family/members/{member_id}", path=member, body={"role": "owner"}),
        home.asks(kim, "DELETE", "/family/members/{member_id}", path=owner),
        home.asks(kim, "POST", "/family", body={"name": "Mine"}),
    ):
        assert (refused.status, refused.body["error"]["code"]) == (403, "forbidden")


def test_the_last_owner_is_told_what_to_do(home: Home) -> None:
    ann, ben = Person(), Person()
    home.joins(ben, home.invites(ann))
    refused = home.leaves(ann)
    assert (refused.status, refused.body["error"]["code"]) == (409, "conflict")
    assert "make one of them an owner first" in refused.body["error"]["message"]
    place = {"member_id": home.id_of(ben)}
    changed = home.asks(ann, "PUT", "/family/members/{member_id}", path=place, body={"role": "owner"})
    assert [member["role"] for member in changed.body["members"]] == ["owner", "owner"]
    assert home.leaves(ann).body["state"] == "done"


def test_ids_of_another_family_are_nobodys(home: Home) -> None:
    ann, eve = Person(), Person()
    code = home.invites(ann)
    (open_one,) = home.asks(ann, "GET", "/family/invitations").body["invitations"]
    assert "code" not in open_one
    member = {"member_id": home.id_of(ann)}
    invitation = {"invitation_id": open_one["id"]}
    for refused in (
        home.asks(eve, "DELETE", "/family/members/{member_id}", path=member),
        home.asks(eve, "PUT", "/family/members/{member_id}", path=member, body={"role": "child"}),
        home.asks(eve, "DELETE", "/family/invitations/{invitation_id}", path=invitation),
    ):
        assert refused.status == 404
    assert home.asks(eve, "GET", "/family/invitations").body == {"invitations": []}
    withdrawn = home.asks(ann, "DELETE", "/family/invitations/{invitation_id}", path=invitation)
    assert withdrawn.status == 204
    assert home.joins(eve, code).status == 404


@pytest.mark.parametrize(("verified", "status"), [("true", 200), (True, 200), ("false", 404), (None, 404)])
def test_an_address_counts_only_once_it_is_verified(home: Home, verified: Any, status: int) -> None:
    ann, ben = Person(), Person()
    code = home.invites(ann, email="ben@example.com")
    claims = {**ben.claims, "email": "ben@example.com", "email_verified": verified}
    body = {"code": code, "bring_notes": True}
    assert call(home.people, "POST", "/family/join", claims=claims, body=body).status == status


@pytest.mark.parametrize(
    ("method", "route", "parts", "field"),
    [
        ("POST", "/family", {"body": {"name": " "}}, "name"),
        ("POST", "/family", {"body": {"name": "x" * 201}}, "name"),
        ("POST", "/family/join", {"body": {"code": "A"}}, "bring_notes"),
        ("POST", "/family/join", {"body": {"code": "A", "bring_notes": 1}}, "bring_notes"),
        ("POST", "/family/join", {"body": {"code": "", "bring_notes": True}}, "code"),
        ("POST", "/family/leave", {"body": {}}, "bring_notes"),
        ("POST", "/family/invitations", {"body": {"role": "owner"}}, "role"),
        ("POST", "/family/invitations", {"body": {"uses": 1000}}, "uses"),
        ("DELETE", "/family/invitations/{invitation_id}", {"path": {"invitation_id": "1"}}, "invitation_id"),
        ("DELETE", "/family/members/{member_id}", {"path": {"member_id": "' or true --"}}, "member_id"),
    ],
)
def test_what_is_wrong_is_named(home: Home, method: str, route: str, parts: Any, field: str) -> None:
    refused = home.asks(Person(), method, route, **parts)
    assert (refused.status, refused.field) == (400, field)


def test_a_mistyped_preview_removes_nobody(home: Home) -> None:
    ann, ben = Person(), Person()
    home.joins(ben, home.invites(ann))
    path, query = {"member_id": home.id_of(ben)}, {"dry_run": "yes"}
    refused = home.asks(ann, "DELETE", "/family/members/{member_id}", path=path, query=query)
    assert (refused.status, refused.field) == (400, "dry_run")
    assert len(home.members(ann)) == 2
