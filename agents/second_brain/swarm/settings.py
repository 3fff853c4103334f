"""What the agent reads from its environment, once, when it starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ModelKind = Literal["bedrock", "scripted"]


class SettingsError(Exception):
    """A variable is missing or wrong; the text names it."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    database_secret: str
    database_host: str | None
    database_name: str
    embedding_model: str
    model_kind: ModelKind
    model_id: str
    fast_model_id: str
    place_index: str | None = None
    memory_id: str | None = None
    """The AgentCore memory; without one the process itself remembers."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Settings":
        kind = _kind(environment)
        return cls(
            database_secret=_required(environment, "DB_SECRET_ARN"),
            database_host=environment.get("DB_HOST") or None,
            database_name=environment.get("DB_NAME") or "second_brain",
            embedding_model=environment.get("EMBED_MODEL_ID") or "amazon.titan-embed-text-v2:0",
            model_kind=kind,
            model_id=_required(environment, "MODEL_ID") if kind == "bedrock" else "",
            fast_model_id=_required(environment, "FAST_MODEL_ID") if kind == "bedrock" else "",
            place_index=environment.get("PLACE_INDEX") or None,
            memory_id=environment.get("MEMORY_ID") or None,
        )


def _kind(environment: Mapping[str, str]) -> ModelKind:
    match environment.get("AGENT_MODEL") or "bedrock":
        case "bedrock":
            return "bedrock"
        case "scripted":
            return "scripted"
        case other:
            raise SettingsError(f"AGENT_MODEL is {other!r}; write bedrock or scripted, or leave it out")


def _required(environment: Mapping[str, str], name: str) -> str:
    if value := environment.get(name):
        return value
    raise SettingsError(f"{name} is not set; the agent cannot work without it")
