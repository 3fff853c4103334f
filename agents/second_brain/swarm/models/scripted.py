"""A model that follows a script, for tests and rehearsals: same question, same answer, no cost.

It stands where Bedrock's stands and drives the same swarm with the same tools. Which member it plays it
knows by the tools that it is offered; what to do next it reads off the conversation so far (`Scene`).
The rules are simple on purpose (`playbook.py`): it understands English key words and ISO times.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterator
from typing import Any, TypeVar

from pydantic import BaseModel
from strands.models.model import Model
from strands.types.content import Messages
from strands.types.streaming import StreamEvent
from strands.types.tools import ToolSpec

from agents.second_brain.swarm.models.playbook import Call, Say, play
from agents.second_brain.swarm.models.scene import Scene

Output = TypeVar("Output", bound=BaseModel)


class ScriptedModel(Model):
    def __init__(self) -> None:
        self._config: dict[str, Any] = {"model_id": "scripted", "context_window_limit": 200_000}

    def update_config(self, **model_config: Any) -> None:
        self._config.update(model_config)

    def get_config(self) -> dict[str, Any]:
        return self._config

    def stream(
        self,
        messages: Messages,
        tool_specs: list[ToolSpec] | None = None,
        system_prompt: str | None = None,  # noqa: ARG002 - the port's signature
        **_: Any,
    ) -> AsyncIterable[StreamEvent]:
        return streamed(play(Scene.of(messages, tool_specs or [])), turn=len(messages))

    def structured_output(
        self,
        output_model: type[Output],
        prompt: Messages,
        system_prompt: str | None = None,
        **_: Any,
    ) -> AsyncGenerator[dict[str, Output | Any], None]:
        raise NotImplementedError(f"no script writes a {output_model.__name__}")


async def streamed(moves: tuple[Call | Say, ...], *, turn: int) -> AsyncIterator[StreamEvent]:
    yield {"messageStart": {"role": "assistant"}}
    for index, move in enumerate(moves):
        for event in _block(move, identity=f"scripted-{turn}-{index}"):
            yield event
    acts = any(isinstance(move, Call) for move in moves)
    yield {"messageStop": {"stopReason": "tool_use" if acts else "end_turn"}}
    usage = {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0}
    yield {"metadata": {"usage": usage, "metrics": {"latencyMs": 0}}}  # type: ignore[typeddict-item]


def _block(move: Call | Say, *, identity: str) -> Iterator[StreamEvent]:
    match move:
        case Call(tool=tool, arguments=arguments):
            yield {"contentBlockStart": {"start": {"toolUse": {"name": tool, "toolUseId": identity}}}}
            yield {"contentBlockDelta": {"delta": {"toolUse": {"input": json.dumps(arguments)}}}}
        case Say(text=text):
            yield {"contentBlockStart": {"start": {}}}
            yield {"contentBlockDelta": {"delta": {"text": text}}}
    yield {"contentBlockStop": {}}
