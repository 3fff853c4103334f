"""What a member sees when it is its turn, as a script can read it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from strands.types.content import ContentBlock, Messages
from strands.types.tools import ToolSpec

_PERSON = re.compile(r"<person>\n(.*)\n</person>", re.DOTALL)
_NOW = re.compile(r"^(?:User Request: )?Now: (\S+)", re.MULTILINE)
_DATA = re.compile(r"<data>(.*?)</data>", re.DOTALL)
_HANDOFF = "handoff_to_agent"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a tool answered; the data where it gave any, else its words."""

    tool: str
    data: Mapping[str, Any] | None
    words: str
    failed: bool


@dataclass(frozen=True, kw_only=True)
class Scene:
    tools: frozenset[str]
    prompt: str
    now: datetime
    background: tuple[Mapping[str, Any], ...] = ()
    """What the member was given along with the request."""
    results: tuple[Result, ...] = ()

    @classmethod
    def of(cls, messages: Messages, tools: Sequence[ToolSpec]) -> "Scene":
        blocks = [block for message in messages for block in message["content"]]
        spoken = "\n".join(block["text"] for block in blocks if "text" in block)
        person, now = _PERSON.search(spoken), _NOW.search(spoken)
        return cls(
            tools=frozenset(tool["name"] for tool in tools),
            prompt=person[1] if person else "",
            now=datetime.fromisoformat(now[1]) if now else datetime.now().astimezone(),
            background=tuple(_data(spoken)),
            results=tuple(_results(blocks)),
        )

    def result(self, tool: str) -> Result | None:
        return next((result for result in self.results if result.tool == tool), None)

    def known(self, name: str) -> list[Mapping[str, Any]]:
        """Rows of that name in the background."""
        return [row for data in self.background for row in data.get(name, [])]


def _results(blocks: Sequence[ContentBlock]) -> Iterator[Result]:
    names = {
        block["toolUse"]["toolUseId"]: block["toolUse"]["name"] for block in blocks if "toolUse" in block
    }
    for block in blocks:
        if "toolResult" not in block:
            continue
        result = block["toolResult"]
        words = "\n".join(part["text"] for part in result["content"] if "text" in part)
        yield Result(
            tool=names.get(result["toolUseId"], ""),
            data=next(_data(words), None),
            words=words,
            failed=result["status"] == "error",
        )


def _data(text: str) -> Iterator[Mapping[str, Any]]:
    for found in _DATA.finditer(text):
        yield json.loads(found[1])
