"""Finding and reading notes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from strands import tool

from agents.second_brain.swarm.store import told
from agents.second_brain.swarm.visit import Visit

_MOST_HITS = 12
_LONGEST_QUERY = 2000


@dataclass(frozen=True)
class RetrievalTools:
    visit: Visit

    @tool
    def search_notes(self, query: str, limit: int = 6) -> str:
        """Search the family's notes, events and questions by meaning and by spelling, best first.

        Args:
            query: What to look for, in the words a note would use.
            limit: How many at most.
        """
        words = query.replace("\0", "").strip()[:_LONGEST_QUERY]
        if not words:
            raise ValueError("query is empty")
        meaning = self.visit.embeddings.embed(words)
        rows = self.visit.store.search(words, meaning=meaning, most=_bounded(limit))
        return self.visit.show_rows(map(_hit, rows))

    @tool
    def read_note(self, note_id: str) -> str:
        """Read one note in full.

        Args:
            note_id: Its id, as a search gave it.
        """
        try:
            row = self.visit.store.note(UUID(note_id.strip()))
        except ValueError:
            raise ValueError("note_id is no id; take one from a search") from None
        return self.visit.show_rows([told(row)] if row else [])

    @tool
    def recent_notes(self, limit: int = 6) -> str:
        """The newest notes, newest first.

        Args:
            limit: How many at most.
        """
        return self.visit.show_rows(map(told, self.visit.store.recent(_bounded(limit))))


def _bounded(limit: int) -> int:
    return max(1, min(limit, _MOST_HITS))


def _hit(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"id": row["id"], "title": row["title"], "excerpt": row["excerpt"]}
