"""The CloudFormation action's configuration for each action mode."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rehearsal.model.definition import Action
from rehearsal.providers.configuration import ArtifactPath, Values, reading

_CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")


class Mode(StrEnum):
    CREATE_UPDATE = "CREATE_UPDATE"
    REPLACE_ON_FAILURE = "REPLACE_ON_FAILURE"
    DELETE_ONLY = "DELETE_ONLY"
    CHANGE_SET_REPLACE = "CHANGE_SET_REPLACE"
    CHANGE_SET_EXECUTE = "CHANGE_SET_EXECUTE"

    @property
    def takes_template(self) -> bool:
        return self in (Mode.CREATE_UPDATE, Mode.REPLACE_ON_FAILURE, Mode.CHANGE_SET_REPLACE)

    @property
    def takes_change_set(self) -> bool:
        return self in (Mode.CHANGE_SET_REPLACE, Mode.CHANGE_SET_EXECUTE)


@dataclass(frozen=True, kw_only=True)
class Settings:
    mode: Mode
    stack: str
    role_arn: str | None
    capabilities: tuple[str, ...]
    change_set: str
    template: ArtifactPath | str | None
    """A file of an input artifact, or a URL."""
    template_configuration: ArtifactPath | None
    overrides: Mapping[str, Any]
    output_file: str | None

    @classmethod
    def of(cls, action: Action) -> "Settings":
        with reading(action) as values:
            values.artifacts(inputs=(0, 10), outputs=(0, 1))
            mode = Mode(values.choice("ActionMode", [mode.value for mode in Mode]))
            return cls(
                mode=mode,
                stack=values.required("StackName"),
                role_arn=_role(values, mode),
                capabilities=_capabilities(values),
                change_set=_change_set(values, mode),
                template=_template(values, mode),
                template_configuration=values.artifact_path("TemplateConfiguration"),
                overrides=values.json_object("ParameterOverrides"),
                output_file=_output_file(values),
            )


def _role(values: Values, mode: Mode) -> str | None:
    if mode == Mode.CHANGE_SET_EXECUTE:
        return values.optional("RoleArn")
    return values.required("RoleArn", why=f"{mode} passes it to CloudFormation")


def _capabilities(values: Values) -> tuple[str, ...]:
    given = tuple(part.strip() for part in (values.optional("Capabilities") or "").split(",") if part.strip())
    for capability in given:
        if capability not in _CAPABILITIES and "#{" not in capability:
            values.fail("Capabilities", f"holds {capability!r}", f"use {', '.join(_CAPABILITIES)}")
    return given


def _change_set(values: Values, mode: Mode) -> str:
    if mode.takes_change_set:
        return values.required("ChangeSetName", why=f"{mode} works on a change set")
    return values.text("ChangeSetName", "")


def _template(values: Values, mode: Mode) -> ArtifactPath | str | None:
    if not mode.takes_template:
        values.ignored("TemplatePath")
        return None
    path = values.required("TemplatePath", why=f"{mode} needs a template")
    return path if path.startswith("https://") else values.artifact_path("TemplatePath")


def _output_file(values: Values) -> str | None:
    name = values.optional("OutputFileName")
    if name is not None and not values.action.output_artifacts:
        values.fail("OutputFileName", f"is {name!r}, but there is no output artifact", "add one")
    return name
