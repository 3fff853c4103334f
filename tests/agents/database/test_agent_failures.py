"""What the functions get when something behind the agent fails: a status, and nothing of its inside."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from strands.models.model import Model
from strands.types.streaming import StreamEvent

from agents.second_brain.swarm import members
from agents.second_brain.swarm.assistant import Assistant
from agents.second_brain.swarm.aws import ServiceError
from agents.second_brain.swarm.database import Database, Login
from agents.second_brain.swarm.models.playbook import Say
from agents.second_brain.swarm.models.scripted import ScriptedModel, streamed
from agents.second_brain.swarm.server import respond
from tests.agents.household import Desk, Household, Person


class Failing(ScriptedModel):
    async def _fail(self) -> AsyncIterator[StreamEvent]:
        raise ConnectionError("model: Where is the key?")
        yield {}

    def stream(self, *_: Any, **__: Any) -> AsyncIterator[StreamEvent]:
        return self._fail()


class Slow(ScriptedModel):
    async def _wait(self) -> AsyncIterator[StreamEvent]:
        await asyncio.sleep(60)
        yield {}

    def stream(self, *_: Any, **__: Any) -> AsyncIterator[StreamEvent]:
        return self._wait()


class Silent(ScriptedModel):
    def stream(self, *_: Any, **__: Any) -> AsyncIterator[StreamEvent]:
        return streamed((Say(text=" "),), turn=1)


def status(assistant: Assistant, person: Person, prompt: str = "Where is the key?") -> tuple[int, Any]:
    response = asyncio.run(respond(assistant, person.payload(prompt), session=person.caller.session))
    return response.status_code, json.loads(bytes(response.body))


@pytest.mark.parametrize("model", [Failing(), Silent()])
def test_a_model_that_fails_gives_no_answer(desk: Desk, ann: Person, model: Model) -> None:
    code, body = status(desk.assistant(model), ann)
    assert (code, "key" in str(body)) == (504, False)


def test_a_model_that_is_too_slow_is_given_up(
    desk: Desk, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "SECONDS", 0.2)
    assert status(desk.assistant(Slow()), ann)[0] == 504


def test_a_dead_database_is_unavailable(desk: Desk, ann: Person) -> None:
    class Nowhere:
        def login(self) -> Login:
            return Login(host="127.0.0.1", port=1, database="d", user="u", password="p")

    assistant = replace(desk.assistant(ScriptedModel()), database=Database(Nowhere()))
    assert status(assistant, ann) == (503, {"error": "something that the agent needs did not answer"})


def test_a_dead_embedding_model_is_told_and_not_hidden(desk: Desk, household: Household, ann: Person) -> None:
    class Dead:
        def embed(self, _: str) -> list[float]:
            raise ServiceError("the embedding model did not answer")

    household.note(ann, "Key", "Under the mat")
    assistant = replace(desk.assistant(ScriptedModel()), embeddings=Dead())  # type: ignore[arg-type]
    code, body = status(assistant, ann)
    assert (code, body["answer"]) == (200, "I could not search your notes just now.")
