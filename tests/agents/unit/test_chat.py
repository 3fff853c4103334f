"""The terminal's side of a conversation, against an API that only the transport stands in for."""

import json
from typing import Any

import httpx
import pytest

from agents.second_brain.chat import HELP, Conversation
from agents.second_brain.outputs import NotDeployedError, find_outputs

NOTE = "5f0c3c1e-6d0e-4a3b-9a53-0d8f3a5b8f11"


def conversation(status: int, body: Any, seen: list[httpx.Request] | None = None) -> Conversation:
    def answer(request: httpx.Request) -> httpx.Response:
        (seen if seen is not None else []).append(request)
        return httpx.Response(status, json=body)

    return Conversation(httpx.Client(base_url="http://api/v1/", transport=httpx.MockTransport(answer)))


def test_a_question_is_answered_with_its_sources() -> None:
    body = {"answer": "Under the mat.", "matches": [{"id": NOTE, "title": "Key"}], "citations": [NOTE]}
    assert conversation(200, body).say("Where is the key?") == "Under the mat.\n  [Key]"


def test_a_note_and_an_event_are_sent() -> None:
    seen: list[httpx.Request] = []
    chat = conversation(201, {"id": NOTE}, seen)
    assert chat.say("/note Key: Under the mat: the red one") == "Kept."
    assert chat.say("/event 2026-05-04T09:30 2026-05-04T10:00+02:00 The dentist") == "Entered."
    assert [json.loads(request.content) for request in seen] == [
        {"kind": "note", "title": "Key", "body": "Under the mat: the red one"},
        {
            "title": "The dentist",
            "starts_at": "2026-05-04T09:30:00Z",
            "ends_at": "2026-05-04T10:00+02:00",
        },
    ]


@pytest.mark.parametrize("line", ["/note no colon", "/note : x", "/event soon", "/event 1 2", "/what", "/"])
def test_what_is_not_understood_is_explained_and_not_sent(line: str) -> None:
    seen: list[httpx.Request] = []
    said = conversation(500, {}, seen).say(line)
    assert said == HELP or said.startswith("Write it as /")
    assert seen == []


def test_a_refusal_is_told() -> None:
    body = {"error": {"code": "invalid", "message": "must be shorter", "field": "title"}}
    assert conversation(400, body).say("/note a: b") == "400: must be shorter title"


class Stacks:
    def __init__(self, *stacks: dict[str, Any]) -> None:
        self._stacks = stacks

    def get_paginator(self, _: str) -> "Stacks":
        return self

    def paginate(self) -> list[dict[str, Any]]:
        return [{"Stacks": self._stacks}]


def stack(name: str, **outputs: str) -> dict[str, Any]:
    told = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
    return {"StackName": name, "Outputs": told}


def test_a_stages_outputs_are_found_and_reachable() -> None:
    stacks = Stacks(
        stack("Dev-SecondBrainApi", ApiUrl="https://abc.execute-api.us-east-1.amazonaws.com/v1/"),
        stack("Dev-SecondBrainAuth", UserPoolId="pool", SmokeClientId="client"),
        stack("Prod-SecondBrainAuth", UserPoolId="another"),
    )
    here = find_outputs(stacks, stage="Dev", environment={"AWS_ENDPOINT_URL": "http://127.0.0.1:1/"})
    assert here["ApiUrl"] == "http://127.0.0.1:1/_aws/execute-api/abc/v1/"
    there = find_outputs(stacks, stage="Dev", environment={})
    assert (there["ApiUrl"].startswith("https://abc."), there["UserPoolId"]) == (True, "pool")
    with pytest.raises(NotDeployedError, match="stages with one: Dev"):
        find_outputs(stacks, stage="Prod", environment={})
