"""The pipelines of a synthesised assembly, or of one template written by hand."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rehearsal.builds.environment.bake import BAKE_MINUTES
from rehearsal.cdk.assembly import Assembly, AssemblyError
from rehearsal.model.definition import Action, Pipeline
from rehearsal.model.parse import parse
from rehearsal.planning.intrinsics import PLACEHOLDER_ACCOUNT, Template

_PIPELINE, _PROJECT = "AWS::CodePipeline::Pipeline", "AWS::CodeBuild::Project"
_PLACEHOLDER_REGION = "us-east-1"
_NOT_DEFINITION = ("Tags", "DisableInboundStageTransitions")
_ROLE = re.compile(r"arn:[^:]+:iam::[0-9]{12}:role/.+")


_MALFORMED = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading raises where JSON is something else than CDK and CloudFormation write."""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A pipeline as its template describes it, with what the estimate asks of its builds."""

    pipeline: Pipeline
    stack: str
    arm_projects: frozenset[str]
    baking_projects: Mapping[str, float]
    """The seconds for which a project watches what was deployed."""

    def builds_on_arm(self, action: Action) -> bool:
        return action.configuration.get("ProjectName") in self.arm_projects

    def bake_seconds(self, action: Action) -> float:
        return self.baking_projects.get(action.configuration.get("ProjectName", ""), 0.0)


def read_pipelines(source: Path) -> tuple[Planned, ...]:
    """Every pipeline, in the order of the templates; raises `AssemblyError` where there is none."""
    try:
        templates = [_from_file(source)] if source.is_file() else list(_from_assembly(source))
        found = tuple(planned for template in templates for planned in _pipelines(template))
    except _MALFORMED as error:
        raise AssemblyError(f"{source} cannot be read as an assembly or a template: {error!r}") from error
    if not found:
        raise AssemblyError(f"{source} holds no {_PIPELINE}; {len(templates)} templates were read")
    return found


def _pipelines(template: Template) -> Iterator[Planned]:
    projects = tuple(_projects(template))
    arm = frozenset(name for name, environment in projects if _is_arm(environment))
    baking = {name: 60 * minutes for name, environment in projects if (minutes := _baked(environment))}
    for logical_id, resource in template.resources.items():
        if resource.get("Type") == _PIPELINE:
            declaration = _declaration(template, logical_id, resource.get("Properties", {}))
            pipeline = parse(declaration, account=template.account, region=template.region)
            yield Planned(pipeline=pipeline, stack=template.stack, arm_projects=arm, baking_projects=baking)


def _projects(template: Template) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The environment of every build project, by each name that an action may know it by."""
    for logical_id, resource in template.resources.items():
        if resource.get("Type") == _PROJECT:
            properties = resource.get("Properties", {})
            environment = template.resolve(properties.get("Environment", {}))
            for name in filter(None, (logical_id, str(template.resolve(properties.get("Name", ""))))):
                yield name, environment


def _is_arm(environment: Mapping[str, Any]) -> bool:
    return str(environment.get("Type", "")).startswith("ARM_")


def _baked(environment: Mapping[str, Any]) -> float:
    variables = environment.get("EnvironmentVariables", ())
    minutes = {item["Name"]: str(item.get("Value", "")) for item in variables}.get(BAKE_MINUTES, "")
    return float(minutes) if minutes.replace(".", "", 1).isdecimal() else 0.0


def _declaration(template: Template, logical_id: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    resolved = template.resolve({"Name": f"{template.stack}-{logical_id}", **properties})
    wanted = {key: value for key, value in resolved.items() if key not in _NOT_DEFINITION}
    declaration: dict[str, Any] = _with_roles(wanted, template)
    return declaration


def _with_roles(value: Any, template: Template) -> Any:
    """Roles that only a deployment can name still get an ARN's form, as a definition asks for it."""
    if isinstance(value, list):
        return [_with_roles(item, template) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        key: template.role_arn(item)
        if key == "RoleArn" and isinstance(item, str) and not _ROLE.fullmatch(item)
        else _with_roles(item, template)
        for key, item in value.items()
    }


def _from_assembly(folder: Path) -> Iterator[Template]:
    for stack in Assembly(folder).stacks:
        yield Template(
            body=stack.template,
            stack=stack.id,
            account=stack.environment.account or PLACEHOLDER_ACCOUNT,
            region=stack.environment.region or _PLACEHOLDER_REGION,
        )


def _from_file(file: Path) -> Template:
    try:
        body = yaml.load(file.read_text(), Loader=_Loader)  # noqa: S506 - a safe loader with more tags
    except yaml.YAMLError as error:
        raise AssemblyError(f"{file} is neither JSON nor YAML: {error}") from None
    if not isinstance(body, dict) or "Resources" not in body:
        raise AssemblyError(f"{file} is no CloudFormation template: it has no Resources")
    return Template(body=body, stack=file.stem, account=PLACEHOLDER_ACCOUNT, region=_PLACEHOLDER_REGION)


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, `!Ref X` and `!GetAtt A.B`."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)  # noqa: S101 - YAML has no fourth kind
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)
