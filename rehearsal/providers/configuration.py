"""Reads an action's configuration; an unknown key is an error that names it.

CodePipeline's configuration is a flat map of strings. A provider reads its keys inside one `reading(action)`
block; keys that it did not read are refused when the block ends, so that the list of known keys cannot drift
from the code that reads them. A value with a variable (`#{Source.CommitId}`) is known only when the action
starts, and is accepted unchecked until then.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

from rehearsal.engine.ports import UnsupportedAction
from rehearsal.model.definition import Action


class ConfigurationError(UnsupportedAction):
    """The configuration itself is wrong; AWS would refuse it too."""


@dataclass(frozen=True, kw_only=True)
class ArtifactPath:
    """`Artifact::path/in/it`, CodePipeline's notation for a file of an input artifact."""

    artifact: str
    path: str


@dataclass
class Values:
    action: Action
    asked: list[str] = field(default_factory=list)

    def optional(self, key: str) -> str | None:
        self.asked.append(key)
        return self.action.configuration.get(key) or None

    def text(self, key: str, default: str) -> str:
        return self.optional(key) or default

    def required(self, key: str, *, why: str = "") -> str:
        value = self.optional(key)
        if value is None:
            self.fail(key, f"is missing{f': {why}' if why else ''}", "add it to the action's configuration")
        return value

    def choice(self, key: str, choices: Sequence[str], *, default: str | None = None) -> str:
        value = self.text(key, default) if default is not None else self.required(key)
        if value not in choices and not _is_variable(value):
            self.fail(key, f"is {value!r}", f"use one of {', '.join(choices)}")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        return self.choice(key, ("true", "false"), default=str(default).lower()) == "true"

    def json_object(self, key: str) -> dict[str, Any]:
        value = self.text(key, "{}")
        if _is_variable(value):
            return {}
        try:
            parsed = json.loads(value)
        except ValueError as error:
            self.fail(key, f"is not JSON ({error})", "write a JSON object in a string")
        if not isinstance(parsed, dict):
            self.fail(key, f"is {value!r}", "write a JSON object in a string")
        return parsed

    def artifact_path(self, key: str) -> ArtifactPath | None:
        value = self.optional(key)
        if value is None or (_is_variable(value) and "::" not in value):
            return None
        name, separator, path = value.partition("::")
        if not (name and separator and path):
            self.fail(key, f"is {value!r}", "write 'Artifact::path/in/the/artifact'")
        if name not in self.action.input_artifacts:
            given = ", ".join(self.action.input_artifacts) or "none"
            self.fail(
                key, f"names artifact {name!r}, which is not an input of this action", f"inputs: {given}"
            )
        return ArtifactPath(artifact=name, path=path)

    def ignored(self, *keys: str) -> None:
        """Accept keys that have no effect, here and on AWS, with the values of the other keys."""
        self.asked.extend(keys)

    def artifacts(self, *, inputs: tuple[int, int], outputs: tuple[int, int]) -> None:
        for what, (low, high), found in (
            ("inputArtifacts", inputs, len(self.action.input_artifacts)),
            ("outputArtifacts", outputs, len(self.action.output_artifacts)),
        ):
            if not low <= found <= high:
                expected = str(low) if low == high else f"{low} to {high}"
                self.fail(what, f"has {found} entries", f"this kind of action takes {expected}")

    def fail(self, key: str, problem: str, remedy: str) -> NoReturn:
        raise ConfigurationError(
            f"action {self.action.name!r} ({self.action.type.provider}): {key} {problem}; {remedy}"
        )

    def refuse_unknown(self) -> None:
        for key in self.action.configuration:
            if key not in self.asked:
                known = ", ".join(sorted(set(self.asked))) or "none"
                self.fail(key, "is not a key of this kind of action", f"remove it, or use one of {known}")


@contextmanager
def reading(action: Action) -> Iterator[Values]:
    values = Values(action)
    yield values
    values.refuse_unknown()


def _is_variable(value: str) -> bool:
    return "#{" in value
