"""The emulator's tables of projects and builds, with the settings that the emulator drops.

ministack keeps both in dictionaries scoped by account and region, saves them with its state, and lists them.
It knows a dozen of a project's settings. The other settings are added to the same records here and to
ministack's responses.
"""

import json
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.builds.project import Record
from rehearsal.emulator.extension import ServiceError
from rehearsal.emulator.guards import Guard

_SETTINGS = (
    "secondarySources", "secondarySourceVersions", "secondaryArtifacts", "cache", "logsConfig", "vpcConfig",
    "queuedTimeoutInMinutes", "concurrentBuildLimit", "fileSystemLocations", "buildBatchConfig",
    "autoRetryLimit",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class BuildStore:
    """Projects by name and builds by id, as the API's records."""

    projects: MutableMapping[str, dict[str, Any]] = field(default_factory=dict)
    builds: MutableMapping[str, dict[str, Any]] = field(default_factory=dict)

    def create(self, payload: Record) -> Record:
        self.projects[payload["name"]] = dict(payload)
        return self.keep_settings(payload["name"], payload)

    def update(self, payload: Record) -> Record:
        self.project(payload["name"])
        self.projects[payload["name"]].update(payload)
        return self.keep_settings(payload["name"], payload)

    def keep_settings(self, name: str, settings: Record, *, replace: bool = False) -> Record:
        """Add settings that the emulator drops; `replace` removes settings that are not given."""
        project = self.projects[name]
        for key in _SETTINGS:
            if key in settings:
                project[key] = settings[key]
            elif replace:
                project.pop(key, None)
        project.setdefault("cache", {"type": "NO_CACHE"})
        project.setdefault("queuedTimeoutInMinutes", 480)
        return project

    def project(self, name: str) -> Record:
        if found := _named(self.projects, name, kind="project"):
            return found
        raise ServiceError("ResourceNotFoundException", f"Project cannot be found: {name}")

    def build(self, build_id: str) -> dict[str, Any]:
        if found := self.find_build(build_id):
            return found
        raise ServiceError("ResourceNotFoundException", f"Build cannot be found: {build_id}")

    def find_build(self, build_id: str) -> dict[str, Any] | None:
        return _named(self.builds, build_id, kind="build")

    def next_number(self, project: str) -> int:
        numbers = [build["buildNumber"] for build in self.builds.values() if build["projectName"] == project]
        return max(numbers, default=0) + 1


def _named(records: Mapping[str, dict[str, Any]], name: str, *, kind: str) -> dict[str, Any] | None:
    """Find by name or ARN; an ARN of another account or region finds nothing."""
    found = records.get(name.rpartition(f":{kind}/")[2])
    return None if found is None or (name.startswith("arn:") and found["arn"] != name) else found


@dataclass(frozen=True, kw_only=True)
class EmulatorStore(BuildStore):
    native: Any

    @classmethod
    def find(cls) -> "EmulatorStore":
        guard = Guard("CodeBuild")
        native = guard.module("ministack.services.codebuild")
        for name in ("_create_project", "_update_project"):
            guard.function(native, name, ("data",))
        guard.function(native, "_project_shape", ("project",))
        native._project_shape = dict
        return cls(
            native=native,
            projects=guard.attribute(native, "_projects"),
            builds=guard.attribute(native, "_builds"),
        )

    def create(self, payload: Record) -> Record:
        return self._with_settings("_create_project", payload)

    def update(self, payload: Record) -> Record:
        return self._with_settings("_update_project", payload)

    def _with_settings(self, operation: str, payload: Record) -> Record:
        status, _, body = getattr(self.native, operation)(dict(payload))
        answer: Mapping[str, Any] = json.loads(body)
        if status >= 400:
            raise ServiceError(str(answer.get("__type")), str(answer.get("message")), status=status)
        return self.keep_settings(payload["name"], payload)
