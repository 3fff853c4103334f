"""The Discord function as a process: signatures, commands done after their answer, linked accounts."""

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.lambdas.conftest import Start
from tests.lambdas.events import Person, Reply, call
from tests.lambdas.runtime_api import Function
from tests.lambdas.stand_ins import StandIns
from tests.lambdas.tokens import POOL, Issuer

KEY = Ed25519PrivateKey.generate()


def signature_headers(body: str, *, key: Ed25519PrivateKey = KEY, age: int = 0) -> Mapping[str, str]:
    timestamp = str(int(time.time()) - age)
    signature = key.sign(f"{timestamp}{body}".encode()).hex()
    return {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": timestamp}


def post(function: Function, body: str, headers: Mapping[str, str] | None = None) -> Reply:
    return call(function, "POST", "/discord/webhook", body=body, headers=headers or signature_headers(body))


@pytest.fixture
def discord(start: Start, stand_ins: StandIns) -> Function:
    public = KEY.public_key().public_bytes_raw().hex()
    stand_ins.answers.secrets["discord"] = json.dumps({"public_key": public, "application_id": "7"})
    return start(
        "discord_webhook",
        DISCORD_SECRET_ARN="discord",
        DISCORD_API_URL=f"{stand_ins.url}/discord-api",
        USER_POOL_ID=POOL,
        DISCORD_CLIENT_ID="discord-client",
        COGNITO_DOMAIN=stand_ins.url,
        APP_URL="https://app.secondbrain.example.com/linked",
    )


def command(name: str, text: str = "", *, person: str = "42", interaction: str = "i-1") -> str:
    options = [{"name": "text", "type": 3, "value": text}]
    return json.dumps(
        {
            "type": 2,
            "id": interaction,
            "application_id": "7",
            "token": "a/b token",
            "data": {"name": name, "options": options},
            "member": {"user": {"id": person}},
        }
    )


def follow_up(function: Function, stand_ins: StandIns, body: str) -> str:
    """Sends the command, runs the event that it queued, and reads the message that Discord got."""
    answer = post(function, body)
    assert (answer.status, answer.body) == (200, {"type": 5, "data": {"flags": 64}})
    queued = stand_ins.sent_to("/2015-03-31/functions/discord_webhook/invocations")[-1]
    assert queued.headers["x-amz-invocation-type"] == "Event"
    assert not function.invoke(queued.json()).failed
    edited = stand_ins.sent_to("/discord-api/webhooks/7/a%2Fb%20token/messages/")[-1]
    assert edited.method == "PATCH"
    return str(edited.json()["content"])


def test_a_signed_ping_is_answered(discord: Function) -> None:
    answer = post(discord, '{"type":1}')
    assert (answer.status, answer.body) == (200, {"type": 1})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Signature-Ed25519": "00" * 64, "X-Signature-Timestamp": str(int(time.time()))},
        {"X-Signature-Ed25519": "not hex", "X-Signature-Timestamp": "now"},
        signature_headers('{"type":1}', key=Ed25519PrivateKey.generate()),
        signature_headers('{"type":2}'),
        signature_headers('{"type":1}', age=301),
        signature_headers('{"type":1}', age=-600),
    ],
    ids=["none", "zeros", "nonsense", "other-key", "other-body", "stale", "future"],
)
def test_what_discord_did_not_sign_just_now_is_refused(discord: Function, headers: Mapping[str, str]) -> None:
    refused = call(discord, "POST", "/discord/webhook", body='{"type":1}', headers=headers)
    assert refused.status == 401


@pytest.mark.parametrize("body", ["", "[]", '{"type":9}', '{"type":"1"}', '{"type":2}'])
def test_signed_nonsense_is_a_bad_request(discord: Function, body: str) -> None:
    assert post(discord, body).status == 400


def test_a_stranger_is_told_to_link(discord: Function, stand_ins: StandIns) -> None:
    assert "/link" in follow_up(discord, stand_ins, command("ask", "Where?", person="unknown"))


def test_an_account_is_linked_once_and_then_served(
    discord: Function, start: Start, stand_ins: StandIns
) -> None:
    issuer, person, account = Issuer(), Person(), "linked"
    stand_ins.answers.keys = {"keys": [issuer.published()]}
    claims: dict[str, Any] = {**person.claims, "aud": "discord-client"}
    stand_ins.answers.tokens = {"id_token": issuer.token(**claims)}

    told = follow_up(discord, stand_ins, command("link", person=account))
    address = told.partition("<")[2].partition(">")[0]
    asked = parse_qs(urlsplit(address).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["https://api.example.com/v1/discord/callback"]
    back = {"state": asked["state"][0], "code": "the-code"}

    forged = call(discord, "GET", "/discord/callback", query={**back, "state": "guessed"})
    assert forged.status == 401
    linked = call(discord, "GET", "/discord/callback", query=back)
    assert (linked.status, linked.headers["location"]) == (302, "https://app.secondbrain.example.com/linked")
    exchanged = parse_qs(stand_ins.sent_to("/oauth2/token")[-1].body.decode())
    assert exchanged["code"] == ["the-code"]
    assert len(exchanged["code_verifier"][0]) == 43
    assert call(discord, "GET", "/discord/callback", query=back).status == 401

    assert follow_up(discord, stand_ins, command("ask", "Where?", person=account)) == "The agent's words."
    told_agent = stand_ins.sent_to("/runtimes/")[-1].json()
    assert told_agent["family_id"] == person.family
    assert follow_up(discord, stand_ins, command("briefing", person=account)) == "The agent's words."
    for _ in range(2):
        assert "kept" in follow_up(
            discord, stand_ins, command("note", "The zebra sleeps", person=account, interaction="i-9")
        )
    found = call(start("query"), "POST", "/query", person=person, body={"question": "zebra"})
    assert [match["title"] for match in found.body["matches"]] == ["The zebra sleeps"]


@pytest.mark.parametrize("change", [{"aud": "web"}, {"exp": 1}, {"token_use": "access"}])
def test_a_token_for_somebody_else_links_nothing(
    discord: Function, stand_ins: StandIns, change: dict[str, Any]
) -> None:
    issuer = Issuer()
    stand_ins.answers.keys = {"keys": [issuer.published()]}
    claims: dict[str, Any] = {**Person().claims, "aud": "discord-client", **change}
    stand_ins.answers.tokens = {"id_token": issuer.token(**claims)}
    told = follow_up(discord, stand_ins, command("link", person="refused"))
    state = parse_qs(urlsplit(told.partition("<")[2].partition(">")[0]).query)["state"][0]
    assert call(discord, "GET", "/discord/callback", query={"state": state, "code": "c"}).status == 401
    assert "/link" in follow_up(discord, stand_ins, command("ask", "Where?", person="refused"))


def test_a_command_that_cannot_be_queued_is_answered_at_once(start: Start, stand_ins: StandIns) -> None:
    public = KEY.public_key().public_bytes_raw().hex()
    stand_ins.answers.secrets["discord"] = json.dumps({"public_key": public})
    discord = start(
        "discord_webhook", DISCORD_SECRET_ARN="discord", AWS_ENDPOINT_URL_LAMBDA="http://127.0.0.1:1"
    )
    answer = post(discord, command("ask", "Where?"))
    assert (answer.status, answer.body["type"]) == (200, 4)


def test_a_follow_up_that_nobody_heard_fails_so_that_lambda_repeats_it(
    discord: Function, stand_ins: StandIns
) -> None:
    post(discord, command("ask", "Where?"))
    queued = stand_ins.sent_to("/2015-03-31/functions/")[-1]
    path = "/discord-api/webhooks/7/a%2Fb%20token/messages/@original"
    stand_ins.answers.feeds[path] = lambda _: (503, {}, b"")
    assert discord.invoke(queued.json()).failed
    stand_ins.answers.feeds[path] = lambda _: (404, {}, b"")
    assert not discord.invoke(queued.json()).failed


def test_a_new_key_is_read_when_the_old_one_fits_no_more(start: Start, stand_ins: StandIns) -> None:
    stand_ins.answers.secrets["discord"] = json.dumps({"public_key": "zz"})
    discord = start("discord_webhook", DISCORD_SECRET_ARN="discord")
    assert post(discord, '{"type":1}').status == 503
    public = KEY.public_key().public_bytes_raw().hex()
    stand_ins.answers.secrets["discord"] = json.dumps({"public_key": public})
    assert post(discord, '{"type":1}').status == 200
