"""`AWS::CodePipeline::Pipeline` and `AWS::CodePipeline::Webhook` for CloudFormation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.emulator.extension import Cloud, ResourceHandler, ResourceRequest, ResourceResult
from rehearsal.engine.engine import Engine
from rehearsal.home import short_hash
from rehearsal.model.definition import Pipeline, PipelineKey
from rehearsal.model.options import ExecutionOptions
from rehearsal.model.parse import parse
from rehearsal.model.results import Fidelity, Gap

_NOT_IN_DECLARATION = ("Tags", "DisableInboundStageTransitions")


def attach_resources(cloud: Cloud, engine: Engine) -> None:
    cloud.register_resource("AWS::CodePipeline::Pipeline", PipelineResource(engine))
    cloud.register_resource("AWS::CodePipeline::Webhook", WebhookResource(cloud, engine))


@dataclass(frozen=True)
class PipelineResource(ResourceHandler):
    """`Ref` is the name; changing, adding or removing the name replaces the pipeline."""

    engine: Engine

    def create(self, request: ResourceRequest) -> ResourceResult:
        saved = self.engine.definitions.create(
            _declared(request), tags=_tags(request.properties), asked=self._asked(request)
        )
        self._set_transitions(saved, request)
        return _result(saved)

    def update(self, request: ResourceRequest) -> ResourceResult:
        declared = _declared(request)
        if declared.name != request.physical_id:
            return self.create(request)
        saved = self.engine.definitions.update(
            declared, restart=declared.restart_on_update, asked=self._asked(request)
        )
        self.engine.record.catalogue.set_tags(saved.key, _tags(request.properties))
        self._set_transitions(saved, request)
        return _result(saved)

    def delete(self, request: ResourceRequest) -> None:
        key = PipelineKey(account=request.account, region=request.region, name=request.physical_id)
        self.engine.definitions.delete(key)

    def _asked(self, request: ResourceRequest) -> ExecutionOptions:
        """The options of the `slipway rehearse` that deploys this stack now, if there is one."""
        return self.engine.record.start_options.of_deployment(request.stack_name)

    def _set_transitions(self, saved: Pipeline, request: ResourceRequest) -> None:
        """Disable the template's transitions, and enable those that it no longer lists."""
        before = _disabled(request.old_properties)
        now = _disabled(request.properties)
        for stage, reason in now.items():
            self.engine.set_transition(saved.key, stage, enabled=False, reason=reason, by="CloudFormation")
        for stage in before.keys() - now.keys() & {found.name for found in saved.stages}:
            self.engine.set_transition(saved.key, stage, enabled=True, by="CloudFormation")


@dataclass(frozen=True)
class WebhookResource(ResourceHandler):
    """Recorded and never called: a push to the rehearsal's own remote starts executions instead."""

    cloud: Cloud
    engine: Engine

    def create(self, request: ResourceRequest) -> ResourceResult:
        name = str(request.properties.get("Name") or f"{request.stack_name}-{request.logical_id}")[:100]
        self.engine.record.catalogue.save_webhook(_webhook_key(request, name), _webhook(request, name))
        reason = "recorded and never called: push to the git remote `slipway` instead"
        self.cloud.gaps.note(
            Gap(subject="AWS::CodePipeline::Webhook", fidelity=Fidelity.RECORDED, reason=reason),
            stack=request.stack_name,
        )
        return ResourceResult(physical_id=name, attributes={"Url": f"recorded-only:{name}"})

    def update(self, request: ResourceRequest) -> ResourceResult:
        return self.create(request)

    def delete(self, request: ResourceRequest) -> None:
        self.engine.record.catalogue.remove_webhook(_webhook_key(request, request.physical_id))


def _declared(request: ResourceRequest) -> Pipeline:
    declaration = {
        name: value for name, value in request.properties.items() if name not in _NOT_IN_DECLARATION
    }
    declaration["Name"] = declaration.get("Name") or request.physical_id or _generated_name(request)
    return parse(declaration, account=request.account, region=request.region)


def _generated_name(request: ResourceRequest) -> str:
    """A name in CloudFormation's format: stack, logical id, and a unique suffix."""
    unique = short_hash(f"{request.account}/{request.region}/{request.stack_name}/{request.logical_id}")
    return f"{request.stack_name}-{request.logical_id}"[:87] + f"-{unique.upper()}"


def _result(saved: Pipeline) -> ResourceResult:
    return ResourceResult(physical_id=saved.name, attributes={"Version": str(saved.version)})


def _tags(properties: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags") or []}


def _disabled(properties: Mapping[str, Any]) -> dict[str, str]:
    found = properties.get("DisableInboundStageTransitions") or []
    return {item["StageName"]: item.get("Reason", "") for item in found}


def _webhook_key(request: ResourceRequest, name: str) -> PipelineKey:
    return PipelineKey(account=request.account, region=request.region, name=name)


def _webhook(request: ResourceRequest, name: str) -> dict[str, Any]:
    given = request.properties
    definition = {
        "name": name,
        "targetPipeline": given.get("TargetPipeline", ""),
        "targetAction": given.get("TargetAction", ""),
        "filters": [
            {"jsonPath": item["JsonPath"], "matchEquals": item.get("MatchEquals", "")}
            for item in given.get("Filters") or []
        ],
        "authentication": given.get("Authentication", "UNAUTHENTICATED"),
        "authenticationConfiguration": {},
    }
    return {
        "definition": definition,
        "url": f"recorded-only:{name}",
        "arn": f"arn:aws:codepipeline:{request.region}:{request.account}:webhook:{name}",
        "tags": [],
    }
