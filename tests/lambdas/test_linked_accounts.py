"""One person with several accounts of the user pool, over the API."""

from typing import Any

import pytest

from tests.lambdas.conftest import Start
from tests.lambdas.events import Person, Reply, call
from tests.lambdas.runtime_api import Function


class SignedIn:
    """Somebody by one of their accounts."""

    def __init__(self, function: Function, username: str) -> None:
        self._function, self._person = function, Person()
        self._claims = {
            **self._person.claims,
            "cognito:username": username,
            "email": f"{username.lower()}@example.com",
        }

    def asks(self, method: str, route: str, **parts: Any) -> Reply:
        return call(self._function, method, route, claims=self._claims, **parts)

    def code(self) -> str:
        return str(self.asks("POST", "/person/codes", body={}).body["code"])

    def types(self, code: str, *, dry_run: bool = False) -> Reply:
        return self.asks("POST", "/person/link", body={"code": code, "dry_run": dry_run})

    @property
    def id(self) -> str:
        return str(self.asks("GET", "/person").body["id"])

    @property
    def accounts(self) -> list[tuple[str, str]]:
        found = self.asks("GET", "/person").body["accounts"]
        return [(account["provider"], account["state"]) for account in found]

    def waiting(self) -> str:
        found = self.asks("GET", "/person").body["accounts"]
        return next(str(account["id"]) for account in found if account["state"] == "awaiting_confirmation")


@pytest.fixture
def people(start: Start) -> Function:
    return start("calendar")


def test_a_password_google_and_amazon_are_one_person(people: Function) -> None:
    ann = SignedIn(people, "ann")
    for provider, name in (("google", "Google_1"), ("amazon", "LoginWithAmazon_amzn1.account.A")):
        other = SignedIn(people, name)
        code = ann.code()
        assert other.types(code, dry_run=True).body["email"] == "ann@example.com"
        assert other.types(code).body["state"] == "awaiting_confirmation"
        assert other.id != ann.id, "never before the confirmation"
        assert (provider, "awaiting_confirmation") in ann.accounts
        confirmed = ann.asks("POST", "/person/confirm", body={"account_id": ann.waiting()})
        assert confirmed.status == 200, confirmed.text
        assert other.id == ann.id
    assert sorted(ann.accounts) == [("amazon", "linked"), ("cognito", "kept"), ("google", "linked")]


def test_an_account_is_unlinked_by_itself_too(people: Function) -> None:
    ann, google = SignedIn(people, "ann"), SignedIn(people, "Google_2")
    google.types(ann.code())
    account = ann.waiting()
    ann.asks("POST", "/person/confirm", body={"account_id": account})
    kept = ann.asks("DELETE", "/person/accounts/{account_id}", path={"account_id": ann.id})
    assert (kept.status, kept.body["error"]["code"]) == (409, "conflict")
    eve = SignedIn(people, "eve")
    assert eve.asks("DELETE", "/person/accounts/{account_id}", path={"account_id": account}).status == 404
    assert google.asks("DELETE", "/person/accounts/{account_id}", path={"account_id": account}).status == 204
    assert google.id == account != ann.id


def test_guesses_of_a_linking_code_end(people: Function) -> None:
    ann, eve = SignedIn(people, "ann"), SignedIn(people, "eve")
    code = ann.code()
    answers = [eve.types(f"AAAAA-{number:05}").status for number in range(11)]
    assert answers == [404] * 10 + [429]
    assert eve.types(code).status == 429
    assert ann.accounts == [("cognito", "kept")]


def test_the_owner_of_a_stolen_code_confirms_nobody_unseen(people: Function) -> None:
    ann, eve = SignedIn(people, "ann"), SignedIn(people, "eve")
    eve.types(ann.code())
    assert eve.asks("POST", "/person/confirm", body={"account_id": eve.id}).status == 404
    assert ann.asks("POST", "/person/confirm", body={"account_id": ann.id}).status == 404
    assert eve.id != ann.id


@pytest.mark.parametrize(
    ("route", "body", "field"),
    [
        ("/person/link", {}, "code"),
        ("/person/link", {"code": "A", "dry_run": "no"}, "dry_run"),
        ("/person/confirm", {}, "account_id"),
        ("/person/confirm", {"account_id": "' or true --"}, "account_id"),
    ],
)
def test_what_is_wrong_is_named(people: Function, route: str, body: Any, field: str) -> None:
    refused = SignedIn(people, "ann").asks("POST", route, body=body)
    assert (refused.status, refused.field) == (400, field)
