"""One invocation: who asks, what they said, and what the models have been shown so far."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from agents.second_brain.swarm.aws import Embeddings, Places
from agents.second_brain.swarm.guard import fenced
from agents.second_brain.swarm.memory import Conversation
from agents.second_brain.swarm.permissions import Permissions
from agents.second_brain.swarm.request import Caller, Request
from agents.second_brain.swarm.store import FamilyStore


@dataclass
class Evidence:
    """What was shown to the models: the only things that an answer may cite or link to."""

    _notes: dict[UUID, None] = field(default_factory=dict)
    _texts: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def show(self, data: Any, *, notes: Iterable[UUID] = ()) -> str:
        """The data as a model gets it."""
        text = fenced(data)
        with self._lock:
            self._notes.update(dict.fromkeys(notes))
            self._texts.append(text)
        return text

    @property
    def notes(self) -> tuple[UUID, ...]:
        return tuple(self._notes)

    @property
    def text(self) -> str:
        return "\n".join(self._texts)


@dataclass(frozen=True, kw_only=True)
class Visit:
    request: Request
    store: FamilyStore
    embeddings: Embeddings
    places: Places
    now: datetime
    """By the caller's own clock."""
    conversation: Conversation = field(default_factory=Conversation)
    evidence: Evidence = field(default_factory=Evidence)
    permissions: Permissions = field(default_factory=Permissions)

    @property
    def caller(self) -> Caller:
        return self.request.caller

    @property
    def persons_words(self) -> str:
        """Everything that the person said lately, and nothing that anybody else wrote."""
        return "\n".join([*self.conversation.prompts, self.request.prompt])

    def show_rows(self, rows: Iterable[Mapping[str, Any]], **more: Any) -> str:
        """Rows of entities, citable by their ids."""
        listed = [dict(row) for row in rows]
        notes = [row["id"] for row in listed if isinstance(row.get("id"), UUID)]
        return self.evidence.show({"notes": listed, **more}, notes=notes)
