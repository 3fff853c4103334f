"""What was said before in a person's session.

On AWS this is AgentCore Memory: every turn is an event, kept as long as the memory says, and a strategy
sums sessions up under `SUMMARIES`. Where there is no memory the process itself remembers. Neither may
stand in the way of an answer: what cannot be recalled or kept is logged and done without.
"""

import logging
import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import boto3

from agents.second_brain.swarm.aws import FAILURES, QUICK
from agents.second_brain.swarm.request import Caller
from agents.second_brain.swarm.settings import Settings

SUMMARIES = "/summaries/{actorId}/{sessionId}"
"""The namespace of the memory's summary strategy; the stack writes the same."""

_TURNS = 4
_PAGE = 20
_LONGEST_TEXT = 4000
_REMEMBERED_SESSIONS = 1000

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Turn:
    prompt: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class Conversation:
    turns: tuple[Turn, ...] = ()
    """The last ones, oldest first."""
    summary: str = ""

    @property
    def prompts(self) -> tuple[str, ...]:
        """The person's own words, as against what was answered."""
        return tuple(turn.prompt for turn in self.turns)


class Memory(Protocol):
    def recall(self, caller: Caller, *, about: str) -> Conversation: ...

    def keep(self, caller: Caller, turn: Turn) -> None: ...


def memory_of(settings: Settings) -> Memory:
    if settings.memory_id is None:
        return ProcessMemory()
    client = boto3.client("bedrock-agentcore", config=QUICK)
    return AgentCoreMemory(client=client, memory_id=settings.memory_id)


@dataclass(frozen=True)
class ProcessMemory:
    """As long as the process lives, the sessions spoken in last."""

    _turns: dict[str, deque[Turn]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=_TURNS)))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def recall(self, caller: Caller, *, about: str) -> Conversation:  # noqa: ARG002 - it has no summary
        with self._lock:
            return Conversation(turns=tuple(self._turns.get(caller.session, ())))

    def keep(self, caller: Caller, turn: Turn) -> None:
        with self._lock:
            turns = self._turns.pop(caller.session, deque(maxlen=_TURNS))
            turns.append(turn)
            self._turns[caller.session] = turns
            while len(self._turns) > _REMEMBERED_SESSIONS:
                del self._turns[next(iter(self._turns))]


@dataclass(frozen=True, kw_only=True)
class AgentCoreMemory:
    client: Any
    memory_id: str

    def recall(self, caller: Caller, *, about: str) -> Conversation:
        try:
            return Conversation(turns=self._turns(caller), summary=self._summary(caller, about))
        except FAILURES as error:
            logger.warning("nothing recalled: %s", type(error).__name__)
            return Conversation()

    def keep(self, caller: Caller, turn: Turn) -> None:
        said = (("USER", turn.prompt), ("ASSISTANT", turn.answer))
        payload = [
            {"conversational": {"role": role, "content": {"text": text[:_LONGEST_TEXT]}}}
            for role, text in said
        ]
        try:
            self.client.create_event(
                **self._session(caller), eventTimestamp=datetime.now(UTC), payload=payload
            )
        except FAILURES as error:
            logger.warning("a turn was not kept: %s", type(error).__name__)

    def _turns(self, caller: Caller) -> tuple[Turn, ...]:
        answer = self.client.list_events(**self._session(caller), includePayloads=True, maxResults=_PAGE)
        events = sorted(answer["events"], key=lambda event: event["eventTimestamp"])
        return tuple(turn for event in events[-_TURNS:] if (turn := _turn(event)))

    def _summary(self, caller: Caller, about: str) -> str:
        namespace = SUMMARIES.format(actorId=caller.user, sessionId=caller.session)
        answer = self.client.retrieve_memory_records(
            memoryId=self.memory_id,
            namespace=namespace,
            searchCriteria={"searchQuery": about[:_LONGEST_TEXT], "topK": 1},
        )
        texts = [record["content"].get("text", "") for record in answer["memoryRecordSummaries"]]
        return "\n".join(texts)[:_LONGEST_TEXT]

    def _session(self, caller: Caller) -> Mapping[str, str]:
        return {"memoryId": self.memory_id, "actorId": str(caller.user), "sessionId": caller.session}


def _turn(event: Mapping[str, Any]) -> Turn | None:
    said = {
        part["conversational"]["role"]: part["conversational"]["content"].get("text", "")
        for part in event.get("payload", [])
        if "conversational" in part
    }
    if "USER" not in said:
        return None
    return Turn(prompt=said["USER"], answer=said.get("ASSISTANT", ""))
