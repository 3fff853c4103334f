"""Whatever a function or the agent may do, its own program does: no grant without a caller.

For each action there is the file that makes the call, the words of the call in it, and how a program says
that it uses that file. A grant that is missing here, or whose program does not call it, fails.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
RUST, AGENT = ROOT / "lambdas" / "second_brain", ROOT / "agents" / "second_brain" / "swarm"

PROGRAMS = {
    "SecondBrainApi": {
        "Query": "api-gateway/src/bin/query.rs",
        "Ingest": "api-gateway/src/bin/ingest.rs",
        "Briefing": "api-gateway/src/bin/briefing.rs",
        "Calendar": "api-gateway/src/bin/calendar.rs",
        "VoiceNotesKeeper": "voice-notes/src",
    },
    "SecondBrainIntegrations": {"Discord": "discord-webhook/src", "Alexa": "alexa-skill/src"},
    "SecondBrainScheduling": {
        "BriefingDispatcher": "event-triggers/src/bin/briefing_dispatcher.rs",
        "ReminderEvaluator": "event-triggers/src/bin/reminder_evaluator.rs",
        "CalendarSync": "event-triggers/src/bin/calendar_sync.rs",
        "DailyCleanup": "event-triggers/src/bin/daily_cleanup.rs",
    },
}
"""The sources of each function, by how the logical id of its role starts."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    file: str
    """Of the crate `aws`."""
    call: str
    """What stands in the file."""
    used: str
    """What stands in the program."""


CALLERS = {
    "bedrock:InvokeModel": Caller(file="embeddings.rs", call="/invoke", used="Embeddings::"),
    "bedrock-agentcore:InvokeAgentRuntime": Caller(file="agent.rs", call="/invocations", used="Agent::"),
    "geo:SearchPlaceIndexForText": Caller(file="places.rs", call="/search/text", used="Places::"),
    "polly:SynthesizeSpeech": Caller(file="speech.rs", call='"/v1/speech"', used="Polly {"),
    "transcribe:StartTranscriptionJob": Caller(
        file="transcription.rs", call="Transcribe.StartTranscriptionJob", used="transcription.start("
    ),
    "transcribe:GetTranscriptionJob": Caller(
        file="transcription.rs", call="Transcribe.GetTranscriptionJob", used="transcription.failure_reason("
    ),
    "s3:PutObject": Caller(file="recordings.rs", call="Method::PUT", used="Recordings::"),
    "s3:GetObject": Caller(file="recordings.rs", call="Method::GET", used="recordings.transcript("),
    "s3:DeleteObject": Caller(file="recordings.rs", call="Method::DELETE", used="recordings.delete("),
    "sns:Publish": Caller(file="notifications.rs", call='"Publish"', used="Notifications::"),
    "cognito-idp:AdminGetUser": Caller(file="cognito.rs", call="AdminGetUser", used="cognito::user("),
    "cognito-idp:DescribeUserPoolClient": Caller(
        file="cognito.rs", call="DescribeUserPoolClient", used="cognito::client_secret("
    ),
    "lambda:InvokeFunction": Caller(file="functions.rs", call="/invocations", used="invoke_later("),
}
"""Of the functions. Reading secrets has a test of its own, since it matters which."""

OF_THE_RUNTIME = re.compile(r"^(ec2|xray|logs|sqs|kms):")
"""What AWS does in the function's place: its network interface, traces, logs, dead letters, and the
encryption of what it publishes (test_encrypted_topics.py)."""

AGENT_CALLERS = {
    "bedrock:InvokeModel": ("aws.py", ".invoke_model("),
    "bedrock:InvokeModelWithResponseStream": ("models/bedrock.py", "BedrockModel("),
    "bedrock-agentcore:CreateEvent": ("memory.py", ".create_event("),
    "bedrock-agentcore:ListEvents": ("memory.py", ".list_events("),
    "bedrock-agentcore:RetrieveMemoryRecords": ("memory.py", ".retrieve_memory_records("),
    "geo:SearchPlaceIndexForText": ("aws.py", ".search_place_index_for_text("),
    "secretsmanager:GetSecretValue": ("aws.py", ".get_secret_value("),
}
OF_AGENTCORE = re.compile(r"^(logs:|s3:GetObject)")
"""What AgentCore does in the agent's place: its logs, and reading its code."""

FUNCTIONS = [(stack, role) for stack, programs in PROGRAMS.items() for role in programs]


@pytest.mark.parametrize(("stack", "role"), FUNCTIONS)
def test_every_grant_has_a_caller(environments: Any, stack: str, role: str) -> None:
    program = _sources(PROGRAMS[stack][role])
    granted = {
        action for statement in _statements(environments, stack, role) for action in _actions(statement)
    }
    assert granted, "every function reads the secret of its login"
    for action in granted - {"secretsmanager:GetSecretValue"}:
        if OF_THE_RUNTIME.match(action):
            continue
        assert action in CALLERS, f"nothing is known to call {action}, which {role} may"
        caller = CALLERS[action]
        assert caller.call in (RUST / "aws" / "src" / caller.file).read_text(), action
        assert caller.used in program, f"{role} may {action} and does not"


@pytest.mark.parametrize(("stack", "role"), FUNCTIONS)
def test_every_secret_that_may_be_read_is(environments: Any, stack: str, role: str) -> None:
    told = _told(environments, stack, role)
    for statement in _statements(environments, stack, role):
        if "secretsmanager:GetSecretValue" not in _actions(statement):
            continue
        resources = statement["Resource"]
        for secret in resources if isinstance(resources, list) else [resources]:
            variables = [name for name, value in told.items() if value == secret]
            assert variables, f"{role} may read a secret that it is not told of"
            read = _sources(PROGRAMS[stack][role]) + _sources("wiring/src")
            assert all(f'"{name}"' in read for name in variables), f"nothing reads {variables}"


def test_every_role_of_these_stacks_is_looked_at(environments: Any) -> None:
    for stack, programs in PROGRAMS.items():
        functions = environments.resources("Dev", stack, "AWS::Lambda::Function")
        assert sorted(programs) == sorted(_starts(key) for key in functions)


def test_every_grant_of_the_agent_has_a_caller(environments: Any) -> None:
    policies = environments.resources("Dev", "SecondBrainAgents", "AWS::IAM::Policy")
    documents = [policy["Properties"]["PolicyDocument"] for key, policy in policies.items() if "Swarm" in key]
    granted = {action for found in documents for each in found["Statement"] for action in _actions(each)}
    for action in granted:
        if OF_AGENTCORE.match(action) or action.startswith("ec2:"):
            continue
        assert action in AGENT_CALLERS, f"nothing is known to call {action}, which the agent may"
        file, call = AGENT_CALLERS[action]
        assert call in (AGENT / file).read_text(), action
    assert set(AGENT_CALLERS) <= granted


def test_every_caller_here_has_its_grant(environments: Any) -> None:
    granted = {
        action
        for stack, role in FUNCTIONS
        for statement in _statements(environments, stack, role)
        for action in _actions(statement)
    }
    assert set(CALLERS) <= granted


def _statements(environments: Any, stack: str, role: str) -> Iterator[Any]:
    for policy in environments.resources("Dev", stack, "AWS::IAM::Policy").values():
        roles = [str(name.get("Ref", "")) for name in policy["Properties"]["Roles"] if isinstance(name, dict)]
        if any(_starts(name) == role for name in roles):
            yield from policy["Properties"]["PolicyDocument"]["Statement"]


def _told(environments: Any, stack: str, role: str) -> Any:
    functions = environments.resources("Dev", stack, "AWS::Lambda::Function")
    (found,) = [each["Properties"] for key, each in functions.items() if _starts(key) == role]
    return found["Environment"]["Variables"]


def _starts(logical_id: str) -> str:
    """`Query` of `QueryRole1A2B3C4D` and of `QueryFunction1A2B3C4D`."""
    return re.split(r"Function|Role", logical_id)[0]


def _actions(statement: Any) -> list[str]:
    listed = statement["Action"]
    return listed if isinstance(listed, list) else [listed]


def _sources(place: str) -> str:
    path = RUST / place
    files = [path] if path.is_file() else sorted(path.rglob("*.rs"))
    return "\n".join(file.read_text() for file in files)
