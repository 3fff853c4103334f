"""The arguments of CloudFormation's operations: the template, parameters, tags and stack policy.

CloudFormation accepts at most 51,200 bytes of template in a request and a megabyte from S3. Larger templates
are uploaded next to their artifact and passed by a presigned URL, as CodePipeline does.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from rehearsal.archive import read_member
from rehearsal.engine.ports import ActionRequest
from rehearsal.providers.configuration import ArtifactPath, ConfigurationError
from rehearsal.providers.identity import pipeline_session_of, region_of
from rehearsal.providers.outcome import ActionFailure
from rehearsal.providers.stacks.settings import Settings

_LONGEST_BODY = 51_200
_LONGEST_TEMPLATE = 1_000_000


@dataclass(frozen=True, kw_only=True)
class StackInputs:
    template: Mapping[str, str]
    """`TemplateBody` or `TemplateURL`."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    policy: str | None = None

    def arguments(self, settings: Settings) -> dict[str, Any]:
        """The arguments of CreateStack, UpdateStack and CreateChangeSet."""
        return {
            "StackName": settings.stack,
            **self.template,
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()
            ],
            "Capabilities": list(settings.capabilities),
            **({"Tags": [{"Key": k, "Value": v} for k, v in self.tags.items()]} if self.tags else {}),
            **({"RoleARN": settings.role_arn} if settings.role_arn else {}),
        }


def read_inputs(request: ActionRequest, settings: Settings) -> StackInputs:
    configuration = _template_configuration(request, settings.template_configuration)
    policy = configuration.get("StackPolicy")
    return StackInputs(
        template=_template(request, settings.template),
        parameters=_texts(configuration.get("Parameters", {}))
        | {key: _override(request, key, value) for key, value in settings.overrides.items()},
        tags=_texts(configuration.get("Tags", {})),
        policy=json.dumps(policy) if policy else None,
    )


def _template(request: ActionRequest, template: ArtifactPath | str | None) -> dict[str, str]:
    if template is None:
        raise ConfigurationError(
            f"action {request.action.name!r}: TemplatePath names no file; "
            "write 'Artifact::path/in/the/artifact' or an https:// URL"
        )
    if isinstance(template, str):
        return {"TemplateURL": template}
    body = _read(request, template, "TemplatePath")
    if len(body) <= _LONGEST_BODY:
        return {"TemplateBody": body.decode()}
    if len(body) > _LONGEST_TEMPLATE:
        raise ActionFailure(
            f"{template.path} has {len(body):,} bytes; CloudFormation accepts at most {_LONGEST_TEMPLATE:,}: "
            "split the stack"
        )
    return {"TemplateURL": _upload(request, template, body)}


def _upload(request: ActionRequest, template: ArtifactPath, body: bytes) -> str:
    beside = request.artifacts.location(template.artifact)
    key = f"{beside.key}.{request.action_execution_id}.template"
    pipeline_session_of(request).client("s3").put_object(Bucket=beside.bucket, Key=key, Body=body)
    return f"https://s3.{region_of(request)}.amazonaws.com/{beside.bucket}/{quote(key)}"


def _template_configuration(request: ActionRequest, path: ArtifactPath | None) -> dict[str, Any]:
    if path is None:
        return {}
    found = _json_file(request, path, "TemplateConfiguration")
    for key, value in found.items():
        if key not in ("Parameters", "Tags", "StackPolicy") or not isinstance(value, dict):
            raise ConfigurationError(
                f"{path.path} (TemplateConfiguration): unknown key {key!r}; "
                "it may contain the objects Parameters, Tags and StackPolicy"
            )
    return found


def _override(request: ActionRequest, key: str, value: Any) -> str:
    if not isinstance(value, dict):
        return _text(value)
    match list(value.items()):
        case [("Fn::GetArtifactAtt", [str(artifact), str(attribute)])]:
            return _artifact_attribute(request, key, artifact, attribute)
        case [("Fn::GetParam", [str(artifact), str(path), str(name)])]:
            return _artifact_parameter(request, ArtifactPath(artifact=artifact, path=path), name)
    raise ConfigurationError(
        f"ParameterOverrides: {key} is {json.dumps(value)}; use a text, "
        '{"Fn::GetArtifactAtt": [artifact, attribute]} or {"Fn::GetParam": [artifact, file, key]}'
    )


def _artifact_attribute(request: ActionRequest, key: str, artifact: str, attribute: str) -> str:
    found = request.artifacts.location(artifact)
    attributes = {
        "BucketName": found.bucket,
        "ObjectKey": found.key,
        "URL": f"https://s3.{region_of(request)}.amazonaws.com/{found.bucket}/{found.key}",
    }
    if attribute not in attributes:
        raise ConfigurationError(
            f"ParameterOverrides: {key} asks for {attribute!r} of an artifact; "
            f"use one of {', '.join(attributes)}"
        )
    return attributes[attribute]


def _artifact_parameter(request: ActionRequest, path: ArtifactPath, name: str) -> str:
    found = _json_file(request, path, "Fn::GetParam")
    if name not in found:
        raise ConfigurationError(f"Fn::GetParam: {path.artifact}::{path.path} has no key {name!r}")
    return _text(found[name])


def _json_file(request: ActionRequest, path: ArtifactPath, key: str) -> dict[str, Any]:
    try:
        found = json.loads(_read(request, path, key))
    except ValueError as error:
        raise ConfigurationError(f"{key}: {path.artifact}::{path.path} is not JSON ({error})") from None
    if not isinstance(found, dict):
        raise ConfigurationError(f"{key}: {path.artifact}::{path.path} is not a JSON object")
    return found


def _read(request: ActionRequest, path: ArtifactPath, key: str) -> bytes:
    try:
        return read_member(request.artifacts.fetch(path.artifact), path.path)
    except KeyError:
        raise ConfigurationError(
            f"{key}: artifact {path.artifact!r} contains no file {path.path!r}; "
            "check the output of the action that produces the artifact"
        ) from None


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {key: _text(value) for key, value in values.items()}


def _text(value: Any) -> str:
    """A string: lists as CloudFormation writes them, `a,b`; numbers and booleans as in JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return ",".join(map(_text, value))
    return json.dumps(value)
