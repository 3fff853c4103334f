"""What the process itself remembers, and what a broken memory costs: nothing but the memory."""

from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from botocore.exceptions import ClientError

from agents.second_brain.swarm.memory import AgentCoreMemory, Conversation, ProcessMemory, Turn
from agents.second_brain.swarm.request import Caller

ANN = Caller(family=uuid4(), user=uuid4(), zone=ZoneInfo("UTC"))
BEN = Caller(family=ANN.family, user=uuid4(), zone=ZoneInfo("UTC"))


def test_the_last_turns_of_a_session_are_recalled_in_order() -> None:
    memory = ProcessMemory()
    for number in range(6):
        memory.keep(ANN, Turn(prompt=f"q{number}", answer=f"a{number}"))
    assert memory.recall(ANN, about="q").prompts == ("q2", "q3", "q4", "q5")


def test_a_session_is_one_persons_even_within_a_family() -> None:
    memory = ProcessMemory()
    memory.keep(ANN, Turn(prompt="mine", answer="yours"))
    assert memory.recall(BEN, about="") == Conversation()


def test_a_memory_that_fails_is_done_without() -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            def fail(**_: Any) -> Any:
                raise ClientError({"Error": {"Code": "ThrottledException"}}, name)

            return fail

    memory = AgentCoreMemory(client=Broken(), memory_id="memory")
    assert memory.recall(ANN, about="tea") == Conversation()
    memory.keep(ANN, Turn(prompt="q", answer="a"))
