"""The payload that the functions send, checked, and the settings."""

from typing import Any
from uuid import uuid4

import pytest

from agents.second_brain.swarm.request import InvalidRequestError, parse
from agents.second_brain.swarm.settings import Settings, SettingsError

FAMILY, USER = str(uuid4()), str(uuid4())


def payload(**changes: Any) -> dict[str, Any]:
    whole = {
        "task": "answer",
        "prompt": "Where is the key?",
        "family_id": FAMILY,
        "user_id": USER,
        "time_zone": "Europe/Berlin",
        "context": {"matches": [{"id": str(uuid4()), "title": "Key", "excerpt": "Under the mat"}]},
    }
    return {**whole, **changes}


def test_a_whole_request_is_read() -> None:
    request = parse(payload())
    assert (str(request.caller.family), str(request.caller.user)) == (FAMILY, USER)
    assert (request.caller.zone.key, request.caller.session) == ("Europe/Berlin", f"second-brain-{USER}")
    assert request.context.matches[0].title == "Key"


def test_a_briefing_is_read() -> None:
    event = {"title": "Tea", "starts_at": "2026-05-04T14:00:00Z", "ends_at": "2026-05-04T15:00:00Z"}
    reminder = {"text": "Milk", "due_at": "2026-05-04T08:00:00Z"}
    request = parse(payload(task="briefing", context={"events": [event], "reminders": [reminder]}))
    assert (request.context.events[0].title, request.context.reminders[0].text) == ("Tea", "Milk")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"task": "delete"}, "task"),
        ({"prompt": "   "}, "prompt"),
        ({"prompt": "a" * 4001}, "prompt"),
        ({"prompt": None}, "prompt"),
        ({"family_id": "all"}, "family_id"),
        ({"family_id": None}, "family_id"),
        ({"user_id": "' or 1=1 --"}, "user_id"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"context": []}, "context"),
        ({"context": {"matches": [{"id": "1", "title": "x"}]}}, "context.matches.0.id"),
    ],
)
def test_the_field_at_fault_is_named_and_not_quoted(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        parse(payload(**changes))
    assert refused.value.field == field
    assert "or 1=1" not in str(refused.value)


@pytest.mark.parametrize("nothing", [None, [], "text", 3])
def test_what_is_no_object_is_refused(nothing: Any) -> None:
    with pytest.raises(InvalidRequestError, match="payload"):
        parse(nothing)


def test_settings_name_what_is_missing() -> None:
    environment = {"DB_SECRET_ARN": "arn", "MODEL_ID": "main", "FAST_MODEL_ID": "fast", "MEMORY_ID": ""}
    settings = Settings.of(environment)
    assert (settings.database_name, settings.memory_id, settings.model_kind) == (
        "second_brain",
        None,
        "bedrock",
    )
    for name in ("DB_SECRET_ARN", "MODEL_ID", "FAST_MODEL_ID"):
        with pytest.raises(SettingsError, match=name):
            Settings.of({**environment, name: ""})
    assert Settings.of({"DB_SECRET_ARN": "arn", "AGENT_MODEL": "scripted"}).model_kind == "scripted"
    with pytest.raises(SettingsError, match="bedrock or scripted"):
        Settings.of({**environment, "AGENT_MODEL": "gpt"})
