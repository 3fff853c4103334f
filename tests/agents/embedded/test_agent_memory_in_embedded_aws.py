"""The adapter to AgentCore Memory, against the embedded AWS's memory."""

from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import boto3
import pytest

from agents.second_brain.swarm.memory import SUMMARIES, AgentCoreMemory, Conversation, Turn
from agents.second_brain.swarm.request import Caller

ANN = Caller(family=uuid4(), user=uuid4(), zone=ZoneInfo("UTC"))
BEN = Caller(family=ANN.family, user=uuid4(), zone=ZoneInfo("UTC"))


@pytest.fixture(scope="module")
def memory(aws: boto3.session.Session) -> AgentCoreMemory:
    control: Any = aws.client("bedrock-agentcore-control")
    strategy = {"summaryMemoryStrategy": {"name": "session_summary", "namespaces": [SUMMARIES]}}
    made = control.create_memory(name="second_brain", eventExpiryDuration=30, memoryStrategies=[strategy])
    data: Any = aws.client("bedrock-agentcore")
    return AgentCoreMemory(client=data, memory_id=made["memory"]["id"])


def test_turns_are_kept_and_recalled_for_their_person_only(memory: AgentCoreMemory) -> None:
    assert memory.recall(ANN, about="tea") == Conversation()
    for number in range(6):
        memory.keep(ANN, Turn(prompt=f"q{number}", answer=f"a{number}"))
    recalled = memory.recall(ANN, about="tea")
    assert [(turn.prompt, turn.answer) for turn in recalled.turns] == [
        (f"q{number}", f"a{number}") for number in range(2, 6)
    ]
    assert memory.recall(BEN, about="tea") == Conversation()


def test_a_sessions_summary_is_recalled(memory: AgentCoreMemory) -> None:
    record = {
        "requestIdentifier": "one",
        "namespaces": [SUMMARIES.format(actorId=ANN.user, sessionId=ANN.session)],
        "content": {"text": "They drink tea."},
        "timestamp": 0,
    }
    memory.client.batch_create_memory_records(memoryId=memory.memory_id, records=[record])
    assert memory.recall(ANN, about="tea").summary == "They drink tea."
    assert memory.recall(BEN, about="tea").summary == ""
