"""An invocation's payload, as the functions send it (`lambdas/second_brain/README.md`), checked.

The ids are the verified caller's: only the functions' roles may invoke the runtime, and they take the
ids from the person's token. The prompt is the person's and is never looked at for an id.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

LONGEST_PROMPT = 4000
_MOST_ROWS = 1000

Prompt = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_PROMPT)]


class InvalidRequestError(Exception):
    """The payload cannot be worked on; `field` is where it is wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field


@dataclass(frozen=True, kw_only=True)
class Caller:
    family: UUID
    user: UUID
    zone: ZoneInfo

    @property
    def session(self) -> str:
        """A person keeps one session; the functions name it so."""
        return f"second-brain-{self.user}"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class FoundNote(_Part):
    """What search had found before the agent was asked."""

    id: UUID
    title: str
    excerpt: str = ""


class PlannedEvent(_Part):
    title: str
    starts_at: datetime
    ends_at: datetime


class DueReminder(_Part):
    text: str
    due_at: datetime


class Context(_Part):
    matches: tuple[FoundNote, ...] = Field(default=(), max_length=_MOST_ROWS)
    events: tuple[PlannedEvent, ...] = Field(default=(), max_length=_MOST_ROWS)
    reminders: tuple[DueReminder, ...] = Field(default=(), max_length=_MOST_ROWS)


class Request(_Part):
    task: Literal["answer", "briefing"]
    prompt: Prompt
    family_id: UUID
    user_id: UUID
    time_zone: str
    context: Context = Context()

    @field_validator("time_zone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("no time zone of that name is known") from None
        return value

    @property
    def caller(self) -> Caller:
        return Caller(family=self.family_id, user=self.user_id, zone=ZoneInfo(self.time_zone))


def parse(payload: Any) -> Request:
    if not isinstance(payload, Mapping):
        raise InvalidRequestError("payload", "must be a JSON object")
    try:
        return Request.model_validate(dict(payload))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "payload"
        raise InvalidRequestError(place, first["msg"]) from None
