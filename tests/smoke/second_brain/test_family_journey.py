"""Two people form a family through the deployed API, share what they write, and part with their own.

They are people of this journey alone: the other checks rely on families that stay apart.
"""

import uuid
from typing import Any

import pytest

from tests.smoke.second_brain.people import People, Person


@pytest.fixture(scope="module")
def host(people: People) -> Person:
    return people.join()


@pytest.fixture(scope="module")
def guest(people: People) -> Person:
    return people.join()


def test_two_people_form_a_family_and_part(host: Person, guest: Person) -> None:
    """11 a family is founded, joined by an invitation, shared, and left with one's own notes"""
    founded = asked(host, "POST", "family", json={"name": "Lighthouse"})
    assert (founded["name"], [member["role"] for member in founded["members"]]) == ("Lighthouse", ["owner"])
    hers, his = written(host), written(guest)
    code = asked(host, "POST", "family/invitations", json={})["code"]
    accepting = {"code": code, "bring_notes": True}
    preview = asked(guest, "POST", "family/join", json={**accepting, "dry_run": True})
    assert (preview["state"], preview["family_name"], preview["notes_moving"]) == ("preview", "Lighthouse", 1)
    assert not reads(guest, hers)
    joined = asked(guest, "POST", "family/join", json=accepting)
    assert joined == {**preview, "state": "done"}
    assert asked(guest, "POST", "family/join", json=accepting)["state"] == "already"
    later = written(guest)
    assert all(reads(person, note) for person in (host, guest) for note in (hers, his, later))
    left = asked(guest, "POST", "family/leave", json={"bring_notes": True})
    assert (left["state"], left["notes_moving"], left["notes_staying"]) == ("done", 2, 0)
    # With the tokens of before, which still name the families that they were given.
    assert [reads(guest, note) for note in (hers, his, later)] == [False, True, True]
    assert [reads(host, note) for note in (hers, his, later)] == [True, False, False]


def test_a_family_is_closed_to_who_was_not_invited(host: Person, guest: Person) -> None:
    """12 a used code, a guessed one and a member's id let nobody in, and the last owner stays"""
    guessed = guest.api.post("family/join", json={"code": "AAAAA-AAAAA", "bring_notes": True})
    assert guessed.status_code == 404, guessed.text
    member = asked(host, "GET", "family")["members"][0]["id"]
    assert guest.api.delete(f"family/members/{member}").status_code == 404
    assert guest.api.put(f"family/members/{member}", json={"role": "child"}).status_code == 404
    code = asked(host, "POST", "family/invitations", json={"role": "child"})["code"]
    asked(guest, "POST", "family/join", json={"code": code, "bring_notes": False})
    assert guest.api.post("family/invitations", json={}).status_code == 403
    assert host.api.post("family/leave", json={"bring_notes": True}).status_code == 409
    child = next(found for found in asked(host, "GET", "family")["members"] if not found["you"])
    assert asked(host, "DELETE", f"family/members/{child['id']}")["state"] == "done"
    again = guest.api.post("family/join", json={"code": code, "bring_notes": False})
    assert again.status_code == 404, again.text


def asked(person: Person, method: str, path: str, **parts: Any) -> dict[str, Any]:
    answer = person.api.request(method, path, **parts)
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.json()
    return found


def written(person: Person) -> str:
    body = {"kind": "note", "title": f"Lamp {uuid.uuid4().hex[:12]}", "body": "Renewed in March"}
    return str(asked(person, "POST", "ingest", json=body)["id"])


def reads(person: Person, note: str) -> bool:
    answer = person.api.get(f"entities/{note}")
    assert answer.status_code in (200, 404), answer.text
    return answer.status_code == 200
