"""One question from beginning to end: admit, recall, let the swarm work, seal the answer, remember."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import anyio.to_thread
from strands.multiagent.base import MultiAgentResult, Status

from agents.second_brain.swarm.aws import Embeddings, Places, SecretLogin
from agents.second_brain.swarm.database import Database, Session
from agents.second_brain.swarm.guard import cited, clean, sealed
from agents.second_brain.swarm.members import assemble
from agents.second_brain.swarm.memory import Memory, Turn, memory_of
from agents.second_brain.swarm.models import Models, models_of
from agents.second_brain.swarm.request import Request
from agents.second_brain.swarm.settings import Settings
from agents.second_brain.swarm.store import FamilyStore
from agents.second_brain.swarm.visit import Visit

logger = logging.getLogger(__name__)


class StrangerError(Exception):
    """The session or the user is not the caller's."""


class NoAnswerError(Exception):
    """The swarm came to no answer in time."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    text: str
    citations: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class Assistant:
    database: Database
    embeddings: Embeddings
    places: Places
    memory: Memory
    models: Models
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @classmethod
    def of(cls, settings: Settings) -> "Assistant":
        return cls(
            database=Database(SecretLogin.of(settings)),
            embeddings=Embeddings.of(settings),
            places=Places.of(settings),
            memory=memory_of(settings),
            models=models_of(settings),
        )

    async def answer(self, request: Request, *, session: str | None) -> Answer:
        if session != request.caller.session:
            raise StrangerError("the session is not the caller's")
        opened = await anyio.to_thread.run_sync(self.database.open, request.caller.family)
        try:
            return await self._answer(request, opened)
        finally:
            await anyio.to_thread.run_sync(opened.close)

    async def _answer(self, request: Request, session: Session) -> Answer:
        visit = await anyio.to_thread.run_sync(self._admit, request, session)
        result = await assemble(visit, self.models).invoke_async(task_of(visit))
        said = _last_words(result)
        answer = Answer(
            text=sealed(said, known=f"{visit.evidence.text}\n{request.prompt}"),
            citations=tuple(cited(said, shown=visit.evidence.notes)),
        )
        if not answer.text:
            raise NoAnswerError("the swarm's answer was empty")
        self._report(visit, result, answer)
        if request.task == "answer":
            turn = Turn(prompt=request.prompt, answer=answer.text)
            await anyio.to_thread.run_sync(self.memory.keep, request.caller, turn)
        return answer

    def _admit(self, request: Request, session: Session) -> Visit:
        store = FamilyStore(session=session, caller=request.caller)
        if not store.knows_caller():
            raise StrangerError("nobody of that id belongs to that family")
        return Visit(
            request=request,
            store=store,
            embeddings=self.embeddings,
            places=self.places,
            now=self.clock().astimezone(request.caller.zone),
            conversation=self.memory.recall(request.caller, about=request.prompt),
        )

    def _report(self, visit: Visit, result: Any, answer: Answer) -> None:
        members = [node.node_id for node in result.node_history]
        usage = result.accumulated_usage
        logger.info(
            "answered: task=%s members=%s citations=%d input_tokens=%d output_tokens=%d",
            visit.request.task,
            ",".join(members),
            len(answer.citations),
            usage["inputTokens"],
            usage["outputTokens"],
        )


def task_of(visit: Visit) -> str:
    """What every member reads: the time, and the person's own words, now and before."""
    now = visit.now
    earlier = [f"- {clean(prompt)}" for prompt in visit.conversation.prompts]
    return "\n".join(
        [
            f"Now: {now.isoformat(timespec='seconds')} ({now:%A}, {visit.caller.zone.key})",
            *(["Earlier the person said:", *earlier] if earlier else []),
            "<person>",
            clean(visit.request.prompt),
            "</person>",
        ]
    )


def _last_words(result: Any) -> str:
    """What the member said who handed over to nobody."""
    if result.status != Status.COMPLETED or not result.node_history:
        raise NoAnswerError(f"the swarm ended as {result.status.value}")
    last = result.results[result.node_history[-1].node_id].result
    if isinstance(last, Exception | MultiAgentResult):
        raise NoAnswerError("the swarm's last member failed")
    return str(last)
