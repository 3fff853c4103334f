"""The resource types `AWS::CodeBuild::Project` and `ReportGroup`; every property is stored or reported."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rehearsal.builds.reports.groups import ReportGroups
from rehearsal.builds.store import BuildStore
from rehearsal.emulator.extension import ResourceHandler, ResourceRequest, ResourceResult
from rehearsal.emulator.gaps import GapLog
from rehearsal.model.results import Fidelity, Gap

_NUMBERS = (
    "timeoutInMinutes",
    "queuedTimeoutInMinutes",
    "concurrentBuildLimit",
    "autoRetryLimit",
    "gitCloneDepth",
)
_WITHOUT_EFFECT = {
    "Triggers": "no webhook starts it; use a pipeline or `aws codebuild start-build`",
    "BuildBatchConfig": "batch builds are not supported",
    "FileSystemLocations": "file systems are not mounted",
    "ConcurrentBuildLimit": "the limit is not enforced",
    "AutoRetryLimit": "builds are not retried automatically",
    "BadgeEnabled": "badges are not supported",
    "Visibility": "builds are never public",
}
_LONGEST_NAME = 255
_SPELLINGS = {"BuildSpec": "buildspec"}


class ProjectResource(ResourceHandler):
    """The emulator's handler stores the project; this one adds the settings that it drops, and AWS's name."""

    def __init__(self, *, native: ResourceHandler, store: BuildStore, gaps: GapLog) -> None:
        self._native = native
        self._store = store
        self._gaps = gaps

    def create(self, request: ResourceRequest) -> ResourceResult:
        result = self._native.create(_named(request))
        self._complete(result.physical_id, request)
        return result

    def update(self, request: ResourceRequest) -> ResourceResult:
        result = self._native.update(request)
        self._complete(result.physical_id, request)
        return result

    def delete(self, request: ResourceRequest) -> None:
        self._native.delete(request)

    def _complete(self, name: str, request: ResourceRequest) -> None:
        settings = as_api(request.properties)
        project = self._store.projects[name]
        for key in ("environment", "source", "artifacts", "encryptionKey", "timeoutInMinutes"):
            if key in settings:
                project[key] = settings[key]
        self._store.keep_settings(name, settings, replace=True)
        for reason in without_effect(request.properties):
            gap = Gap(subject=f"build project {name}", fidelity=Fidelity.RECORDED, reason=reason)
            self._gaps.note(gap, stack=request.stack_name)


def _named(request: ResourceRequest) -> ResourceRequest:
    """With the name that CloudFormation generates: it starts with the logical id, not with the stack."""
    if request.properties.get("Name"):
        return request
    unique = hashlib.sha256(f"{request.stack_name}:{request.logical_id}".encode()).hexdigest()[:12]
    name = f"{request.logical_id[: _LONGEST_NAME - 13]}-{unique}"
    return replace(request, properties={**request.properties, "Name": name})


class ReportGroupResource(ResourceHandler):
    def __init__(self, *, groups: ReportGroups, gaps: GapLog) -> None:
        self._groups = groups
        self._gaps = gaps

    def create(self, request: ResourceRequest) -> ResourceResult:
        name = request.properties.get("Name") or f"{request.stack_name}-{request.logical_id}"
        self._note_export(name, request)
        arn = self._groups.create(
            name, account=request.account, region=request.region, record=as_api(request.properties)
        )
        return ResourceResult(physical_id=arn, attributes={"Arn": arn})

    def update(self, request: ResourceRequest) -> ResourceResult:
        if request.properties.get("Name") != request.old_properties.get("Name"):
            return self.create(request)
        self._note_export(request.physical_id.rpartition("/")[2], request)
        self._groups.update(request.physical_id, as_api(request.properties))
        return ResourceResult(physical_id=request.physical_id, attributes={"Arn": request.physical_id})

    def delete(self, request: ResourceRequest) -> None:
        self._groups.delete(request.physical_id)

    def _note_export(self, name: str, request: ResourceRequest) -> None:
        if (request.properties.get("ExportConfig") or {}).get("ExportConfigType") == "S3":
            reason = "its reports are not exported to S3"
            gap = Gap(subject=f"report group {name}", fidelity=Fidelity.RECORDED, reason=reason)
            self._gaps.note(gap, stack=request.stack_name)


def as_api(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Template properties as API fields: `TimeoutInMinutes: "30"` becomes `timeoutInMinutes: 30`."""
    return {_name(key): _value(_name(key), value) for key, value in properties.items()}


def without_effect(properties: Mapping[str, Any]) -> list[str]:
    return [
        reason
        for key, reason in _WITHOUT_EFFECT.items()
        if properties.get(key) not in (None, False, "false", {}, [], "PRIVATE", 0, "0")
        and properties.get(key) != {"Webhook": False}
    ]


def _name(key: str) -> str:
    return _SPELLINGS.get(key) or key[:1].lower() + key[1:]


def _value(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return as_api(value)
    if isinstance(value, list):
        return [_value(key, item) for item in value]
    if key in _NUMBERS:
        return int(value)
    if key != "value" and value in ("true", "false"):
        return value == "true"
    return value
