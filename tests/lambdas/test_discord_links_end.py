"""A link lasts as long as its person wants it, and is who they were when they made it."""

import pytest

from tests.lambdas.conftest import Start
from tests.lambdas.events import Person, call
from tests.lambdas.linking import Steps
from tests.lambdas.user_pool import UserPool


@pytest.mark.parametrize("change", ["disabled", "deleted", "moved"])
def test_a_link_ends_at_once_with_what_happens_to_its_person(steps: Steps, change: str) -> None:
    ann, account = steps.pool.join(), f"200-{change}"
    steps.links(account, ann)
    assert steps.is_served(account)
    asked = len(steps.stand_ins.sent_to("/runtimes/"))
    steps.pool.leave(ann, change)
    assert not steps.is_served(account)
    for name in ("note", "briefing", "ask"):
        assert "do not know you" in steps.types(name, "Where?", account=account)
    assert len(steps.stand_ins.sent_to("/runtimes/")) == asked, "and the agent is not asked for them"


def test_a_link_that_ended_does_not_come_back(steps: Steps) -> None:
    ann = steps.pool.join()
    steps.links("210", ann)
    steps.pool.disable(ann)
    assert not steps.is_served("210")
    steps.pool.users.admin_enable_user(UserPoolId=steps.pool.pool, Username=ann.username)
    assert not steps.is_served("210")


def test_a_person_of_the_same_name_does_not_take_a_link_over(steps: Steps) -> None:
    """Deleted and made anew under the same e-mail address, perhaps by somebody else."""
    ann = steps.pool.join()
    steps.links("211", ann)
    steps.pool.delete(ann)
    steps.pool.users.admin_create_user(
        UserPoolId=steps.pool.pool,
        Username=ann.email,
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": ann.email},
            {"Name": "custom:family_id", "Value": ann.family},
        ],
    )
    assert not steps.is_served("211")


def test_nobody_is_served_while_cognito_cannot_be_asked(steps: Steps, start: Start, pool: UserPool) -> None:
    steps.links("212", pool.join())
    stand_ins = steps.stand_ins
    cut_off = start(
        "discord_webhook",
        DISCORD_SECRET_ARN="discord",
        DISCORD_API_URL=f"{stand_ins.url}/discord-api",
        **{**pool.settings(), "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "http://127.0.0.1:1"},
    )
    answer = Steps(cut_off, stand_ins, pool).types("ask", "Where?", account="212")
    assert "try again later" in answer
    assert stand_ins.sent_to("/runtimes/") == []
    assert steps.is_served("212"), "the link itself is untouched"


def test_links_are_seen_and_ended_over_the_api(steps: Steps, start: Start) -> None:
    ann, ben, api = steps.pool.join(), steps.pool.join(), start("calendar")
    steps.links("213", ann)
    person, other = Person(ann.subject, ann.family), Person(ben.subject, ben.family)
    relative = Person(family=ann.family)
    (link,) = call(api, "GET", "/links", person=person).body["links"]
    assert (link["provider"], link["account_id"], link["account_name"]) == ("discord", "213", "name-213")
    for stranger in (other, relative):
        assert call(api, "GET", "/links", person=stranger).body == {"links": []}
        denied = call(api, "DELETE", "/links/{link_id}", person=stranger, path={"link_id": link["id"]})
        assert denied.status == 404
    assert steps.is_served("213")
    ended = call(api, "DELETE", "/links/{link_id}", person=person, path={"link_id": link["id"]})
    assert (ended.status, ended.text) == (204, "")
    assert not steps.is_served("213")
    assert call(api, "GET", "/links", person=person).body == {"links": []}


@pytest.mark.parametrize("link_id", ["", "1", "' or true --", "\x00"])
def test_what_is_no_link_id_is_named(start: Start, link_id: str) -> None:
    answer = call(start("calendar"), "DELETE", "/links/{link_id}", person=Person(), path={"link_id": link_id})
    assert (answer.status, answer.field) == (400, "link_id")


def test_a_newer_account_takes_the_place_of_the_older(steps: Steps) -> None:
    ann = steps.pool.join()
    steps.links("214", ann)
    steps.links("215", ann)
    assert steps.is_served("215")
    assert not steps.is_served("214")


def test_unlinking_ends_an_attempt_too(steps: Steps) -> None:
    code = steps.confirms(steps.browser(), steps.asks("216"), steps.pool.join())
    steps.types("unlink", account="216")
    assert "not valid" in steps.types("link", code, account="216")


def test_a_linked_account_may_link_discord_until_it_is_unlinked(steps: Steps, start: Start) -> None:
    """The person's Google account signs in at Discord's pages: it is the same person."""
    ann, other = steps.pool.join(), steps.pool.join()
    kept, google = Person(ann.subject, ann.family), Person(other.subject, other.family)
    api = start("calendar")
    code = call(api, "POST", "/person/codes", person=kept, body={}).body["code"]
    call(api, "POST", "/person/link", person=google, body={"code": code})
    accounts = call(api, "GET", "/person", person=kept).body["accounts"]
    waiting = next(found["id"] for found in accounts if found["state"] == "awaiting_confirmation")
    body = {"account_id": waiting}
    assert call(api, "POST", "/person/confirm", person=kept, body=body).status == 200
    steps.links("217", other)
    assert steps.is_served("217")
    (link,) = call(api, "GET", "/links", person=kept).body["links"]
    assert link["account_id"] == "217"
    path = {"account_id": waiting}
    assert call(api, "DELETE", "/person/accounts/{account_id}", person=kept, path=path).status == 204
    assert not steps.is_served("217")
