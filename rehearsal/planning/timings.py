"""The timing file: typed, with errors that name file, key and remedy."""

import fnmatch
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rehearsal.model.action_types import known
from rehearsal.model.definition import Action, Stage

SHIPPED = Path(__file__).with_name("timings.toml")


class TimingsError(Exception):
    """The file cannot be used; the message names it, the key and what to do."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Seconds(_Model):
    typical: float = Field(ge=0)
    slow: float = Field(ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> "Seconds":
        if self.slow < self.typical:
            raise ValueError(f"slow ({self.slow:g}) is less than typical ({self.typical:g})")
        return self

    def __add__(self, other: "Seconds") -> "Seconds":
        return Seconds(typical=self.typical + other.typical, slow=self.slow + other.slow)


NOTHING = Seconds(typical=0, slow=0)


class Overhead(_Model):
    dispatch: Seconds
    build_queue: Seconds
    build_provisioning: Seconds
    build_provisioning_arm: Seconds


class Timings(_Model):
    overhead: Overhead
    work: Mapping[str, Seconds]
    actions: Mapping[str, Seconds] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_default(self) -> "Timings":
        if "default" not in self.work:
            raise ValueError("work has no entry 'default', which counts for every other provider")
        return self

    def work_of(self, stage: Stage, action: Action) -> Seconds:
        for pattern, seconds in self.actions.items():
            if fnmatch.fnmatchcase(f"{stage.name}/{action.name}", pattern):
                return seconds
        return self.work.get(_kind(action), self.work["default"])

    def overhead_of(self, action: Action, *, arm: bool) -> Seconds:
        """An approval has no overhead: its time is the person's."""
        if action.type.category == "Approval":
            return NOTHING
        if not known(action.type).builds:
            return self.overhead.dispatch
        machine = self.overhead.build_provisioning_arm if arm else self.overhead.build_provisioning
        return self.overhead.dispatch + self.overhead.build_queue + machine


def load_timings(file: Path = SHIPPED) -> Timings:
    try:
        return Timings.model_validate(tomllib.loads(file.read_text()))
    except FileNotFoundError:
        raise TimingsError(f"{file} does not exist; copy {SHIPPED} and edit the copy") from None
    except tomllib.TOMLDecodeError as error:
        raise TimingsError(f"{file} is not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "the file"
        raise TimingsError(
            f"{file}: {key}: {first['msg']}; a figure is written {{ typical = 10, slow = 30 }}; "
            f"{SHIPPED} is an example"
        ) from None


def _kind(action: Action) -> str:
    if action.configuration.get("ActionMode") == "CHANGE_SET_REPLACE":
        return "change_set"
    return action.type.provider
