"""Records requests that the rehearsal refused because it does not support what AWS would do.

A refusal reaches the report as text: through CloudFormation in a stack's events, through the CDK CLI in its
output, or as an action's failure. By comparing with the recorded texts, a failure of the project can be
distinguished from a limit of the rehearsal.
"""

import json
import threading
from dataclasses import dataclass
from pathlib import Path

from rehearsal.home import Home

_KEPT = 100
_COMPARED = 80
"""The number of leading characters to compare, because events cut long reasons."""
_writing = threading.Lock()
"""For all objects of one daemon: each service has its own, and all write one file."""


@dataclass(frozen=True)
class Refusals:
    file: Path

    @classmethod
    def of(cls, home: Home) -> "Refusals":
        return cls(home.root / "refusals.json")

    def noted(self, message: str) -> str:
        """Record the message as a refusal and return it."""
        with _writing:
            others = [known for known in self._read() if known != message]
            pending = self.file.with_suffix(".json.new")
            pending.write_text(json.dumps([*others[1 - _KEPT :], message]))
            pending.rename(self.file)
        return message

    def caused(self, text: str) -> bool:
        """Whether the text of a failure contains a recorded refusal."""
        message = _plain(text)
        return any(_plain(refusal)[:_COMPARED] in message for refusal in self._read())

    def _read(self) -> list[str]:
        try:
            found = json.loads(self.file.read_text())
        except (FileNotFoundError, ValueError):
            return []
        return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []


def _plain(text: str) -> str:
    return " ".join(text.split())
