"""Each function may read the secret of its own database login, and is told of no other."""

import json
from typing import Any

import pytest

from stacks.second_brain.logins import LOGIN_OF

DATABASE = "SecondBrainDatabase"
PROGRAMS = {
    "SecondBrainApi": {
        "Query": "query",
        "Ingest": "ingest",
        "Briefing": "briefing",
        "Calendar": "calendar",
        "VoiceNotesKeeper": "voice_notes",
    },
    "SecondBrainIntegrations": {"Discord": "discord_webhook", "Alexa": "alexa_skill"},
    "SecondBrainScheduling": {
        "BriefingDispatcher": "briefing_dispatcher",
        "ReminderEvaluator": "reminder_evaluator",
        "CalendarSync": "calendar_sync",
        "DailyCleanup": "daily_cleanup",
    },
}
CASES = [(stack, key, program) for stack, found in PROGRAMS.items() for key, program in found.items()]


@pytest.fixture
def secrets(environments: Any) -> dict[str, str]:
    """Each database secret's logical id, by the user in it."""
    found = environments.resources("Dev", DATABASE, "AWS::SecretsManager::Secret")
    return {
        json.loads(secret["Properties"]["GenerateSecretString"]["SecretStringTemplate"])["username"]: key
        for key, secret in found.items()
    }


def _named(text: str, secrets: dict[str, str]) -> set[str]:
    return {user for user, key in secrets.items() if key in text}


def test_every_program_has_a_login() -> None:
    assert {program for _, _, program in CASES} | {"agent"} == set(LOGIN_OF)


@pytest.mark.parametrize(("stack", "key", "program"), CASES, ids=[case[2] for case in CASES])
def test_role_2_a_function_is_told_of_its_own_login_and_may_read_that_secret_only(
    environments: Any, secrets: dict[str, str], stack: str, key: str, program: str
) -> None:
    functions = environments.resources("Dev", stack, "AWS::Lambda::Function")
    (function,) = [
        found["Properties"] for name, found in functions.items() if name.startswith(f"{key}Function")
    ]
    assert _named(json.dumps(function["Environment"]), secrets) == {LOGIN_OF[program]}
    policies = environments.resources("Dev", stack, "AWS::IAM::Policy")
    granted = json.dumps([found for name, found in policies.items() if name.startswith(f"{key}Role")])
    assert _named(granted, secrets) == {LOGIN_OF[program]}


def test_role_2_the_agent_too(environments: Any, secrets: dict[str, str]) -> None:
    template = environments.template("Dev", "SecondBrainAgents")
    assert _named(json.dumps(template), secrets) == {LOGIN_OF["agent"]}


def test_role_2_only_the_migrator_may_read_the_masters(environments: Any, secrets: dict[str, str]) -> None:
    for stack in ("SecondBrainAgents", *PROGRAMS):
        assert "sbadmin" not in _named(json.dumps(environments.template("Dev", stack)), secrets)
