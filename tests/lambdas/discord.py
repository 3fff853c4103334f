"""Discord's side: signed interactions, the commands that people type, and the messages that they get."""

import json
import time
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.lambdas.events import Reply, call
from tests.lambdas.runtime_api import Function
from tests.lambdas.stand_ins import StandIns

KEY = Ed25519PrivateKey.generate()
DEFERRED = {"type": 5, "data": {"flags": 64}}


def application() -> str:
    """The content of the Discord secret."""
    return json.dumps({"public_key": KEY.public_key().public_bytes_raw().hex(), "application_id": "7"})


def signature_headers(body: str, *, key: Ed25519PrivateKey = KEY, age: int = 0) -> Mapping[str, str]:
    timestamp = str(int(time.time()) - age)
    signature = key.sign(f"{timestamp}{body}".encode()).hex()
    return {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": timestamp}


def post(function: Function, body: str, headers: Mapping[str, str] | None = None) -> Reply:
    return call(function, "POST", "/discord/webhook", body=body, headers=headers or signature_headers(body))


def command(
    name: str, text: str = "", *, person: str = "42", interaction: str = "i-1", username: str = ""
) -> str:
    options: list[Any] = [{"name": "text", "type": 3, "value": text}] if text else []
    return json.dumps(
        {
            "type": 2,
            "id": interaction,
            "application_id": "7",
            "token": "a/b token",
            "data": {"name": name, "options": options},
            "member": {"user": {"id": person, "username": username or f"name-{person}"}},
        }
    )


def follow_up(function: Function, stand_ins: StandIns, body: str) -> str:
    """Sends the command, runs the event that it queued, and reads the message that Discord got."""
    answer = post(function, body)
    assert (answer.status, answer.body) == (200, DEFERRED)
    queued = stand_ins.sent_to("/2015-03-31/functions/discord_webhook/invocations")[-1]
    assert queued.headers["x-amz-invocation-type"] == "Event"
    assert not function.invoke(queued.json()).failed
    edited = stand_ins.sent_to("/discord-api/webhooks/7/a%2Fb%20token/messages/")[-1]
    assert edited.method == "PATCH"
    return str(edited.json()["content"])
