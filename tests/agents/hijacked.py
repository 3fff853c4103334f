"""A model that obeys whatever it reads: what a swarm is up against when an injected text has won.

An order is `ORDER(…)`, anywhere in what a member is shown, with `{"tool": …, "arguments": …}` or
`{"say": …}` in base64, so that it survives being quoted in JSON and in another order. The member does
each once, if it has the tool; the rest of the time it plays the script.
"""

import base64
import json
import re
from collections.abc import AsyncIterable, Iterator, Mapping
from typing import Any

from strands.types.content import Messages
from strands.types.streaming import StreamEvent
from strands.types.tools import ToolSpec

from agents.second_brain.swarm.models.playbook import Call, Say, play
from agents.second_brain.swarm.models.scene import Scene
from agents.second_brain.swarm.models.scripted import ScriptedModel, streamed

_ORDER = re.compile(r"ORDER\(([A-Za-z0-9+/=]+)\)")


def order(tool: str, **arguments: Any) -> str:
    return _written({"tool": tool, "arguments": arguments})


def say(text: str) -> str:
    return _written({"say": text})


def _written(wanted: Mapping[str, Any]) -> str:
    return f"ORDER({base64.b64encode(json.dumps(wanted).encode()).decode()})"


class HijackedModel(ScriptedModel):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        """Every text that any member was shown."""
        self.obeyed: list[str] = []

    def stream(
        self,
        messages: Messages,
        tool_specs: list[ToolSpec] | None = None,
        system_prompt: str | None = None,  # noqa: ARG002 - the port's signature
        **_: Any,
    ) -> AsyncIterable[StreamEvent]:
        scene = Scene.of(messages, tool_specs or [])
        texts = list(_texts(messages))
        self.seen += texts
        return streamed(self._moves(scene, texts), turn=len(self.seen))

    def _moves(self, scene: Scene, texts: list[str]) -> tuple[Call | Say, ...]:
        for found in _ORDER.findall("\n".join(texts)):
            order = base64.b64decode(found).decode()
            wanted = json.loads(order)
            if "say" in wanted and scene.results:
                return (Say(text=wanted["say"]),)
            if wanted.get("tool") in scene.tools and order not in self.obeyed:
                self.obeyed.append(order)
                return (Call(tool=wanted["tool"], arguments=wanted["arguments"]),)
        return play(scene)


def _texts(messages: Messages) -> Iterator[str]:
    for message in messages:
        for block in message["content"]:
            if "text" in block:
                yield block["text"]
            if "toolResult" in block:
                yield from (part["text"] for part in block["toolResult"]["content"] if "text" in part)
