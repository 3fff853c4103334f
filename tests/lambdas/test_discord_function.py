"""The Discord function as a process: signatures, commands done after their answer."""

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.lambdas.browser import Browser, Form
from tests.lambdas.conftest import Start
from tests.lambdas.discord import application, command, follow_up, post, signature_headers
from tests.lambdas.events import Person, call
from tests.lambdas.runtime_api import Function
from tests.lambdas.stand_ins import StandIns
from tests.lambdas.tokens import POOL, Issuer


@pytest.fixture
def discord(start: Start, stand_ins: StandIns) -> Function:
    stand_ins.answers.secrets["discord"] = application()
    return start(
        "discord_webhook",
        DISCORD_SECRET_ARN="discord",
        DISCORD_API_URL=f"{stand_ins.url}/discord-api",
        USER_POOL_ID=POOL,
        DISCORD_CLIENT_ID="discord-client",
        COGNITO_DOMAIN=stand_ins.url,
    )


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
        signature_headers('{"type":1}', age=86_400),
        signature_headers('{"type":1}', age=-86_400),
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


@pytest.mark.parametrize("change", [{"aud": "web"}, {"exp": 1}, {"token_use": "access"}])
def test_a_token_for_somebody_else_links_nothing(
    discord: Function, stand_ins: StandIns, change: dict[str, Any]
) -> None:
    issuer = Issuer()
    stand_ins.answers.keys = {"keys": [issuer.published()]}
    claims: dict[str, Any] = {**Person().claims, "aud": "discord-client", **change}
    stand_ins.answers.tokens = {"id_token": issuer.token(**claims)}
    browser = Browser(discord)
    told = follow_up(discord, stand_ins, command("link", person="refused"))
    to_sign_in = browser.submit(browser.open(told.partition("<")[2].partition(">")[0]))
    state = parse_qs(urlsplit(to_sign_in.headers["location"]).query)["state"][0]
    refused = browser.get("/discord/callback", {"state": state, "code": "c"})
    assert (refused.status, Form.of(refused.text).action) == (401, "")


def test_a_command_that_cannot_be_queued_is_answered_at_once(start: Start, stand_ins: StandIns) -> None:
    stand_ins.answers.secrets["discord"] = application()
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
    stand_ins.answers.secrets["discord"] = application()
    assert post(discord, '{"type":1}').status == 200
