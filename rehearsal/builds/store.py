"""The emulator's own tables of projects and builds, and what it drops from them.

ministack keeps both in dictionaries that are scoped by the request's account and region, saves them
with its state, and lists them. It knows a dozen of a project's settings; the others are kept in the
same records here, and its answer is made to show them.
"""

import json
import time
from collections.abc import Mapping, MutableMapping
from typing import Any

from rehearsal.builds.project import Record
from rehearsal.cloud.extension import ServiceError
from rehearsal.cloud.guards import Guard

_SETTINGS = (
    "secondarySources", "secondarySourceVersions", "secondaryArtifacts", "cache", "logsConfig", "vpcConfig",
    "queuedTimeoutInMinutes", "concurrentBuildLimit", "fileSystemLocations", "buildBatchConfig",
    "autoRetryLimit",
)  # fmt: skip


class EmulatorStore:
    def __init__(self) -> None:
        guard = Guard("CodeBuild")
        self._native = guard.module("ministack.services.codebuild")
        self.projects: MutableMapping[str, dict[str, Any]] = guard.attribute(self._native, "_projects")
        self.builds: MutableMapping[str, dict[str, Any]] = guard.attribute(self._native, "_builds")
        for name in ("_create_project", "_update_project"):
            guard.function(self._native, name, ("data",))
        guard.function(self._native, "_project_shape", ("project",))
        self._native._project_shape = dict
        self._restored = time.time()

    def create(self, payload: Record) -> Record:
        return self._with_settings("_create_project", payload)

    def update(self, payload: Record) -> Record:
        return self._with_settings("_update_project", payload)

    def keep_settings(self, name: str, settings: Record, *, replace: bool = False) -> Record:
        """Add what the emulator drops; with `replace`, settings that are not given any more are gone."""
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
        plain = name.rpartition(":project/")[2]
        if plain not in self.projects:
            raise ServiceError("ResourceNotFoundException", f"Project cannot be found: {name}")
        return self.projects[plain]

    def build(self, build_id: str) -> dict[str, Any]:
        plain = build_id.rpartition(":build/")[2]
        if plain not in self.builds:
            raise ServiceError("ResourceNotFoundException", f"Build cannot be found: {build_id}")
        return self.builds[plain]

    def next_number(self, project: str) -> int:
        numbers = [build["buildNumber"] for build in self.builds.values() if build["projectName"] == project]
        return max(numbers, default=0) + 1

    def _with_settings(self, operation: str, payload: Record) -> Record:
        status, _, body = getattr(self._native, operation)(dict(payload))
        answer: Mapping[str, Any] = json.loads(body)
        if status >= 400:
            raise ServiceError(str(answer.get("__type")), str(answer.get("message")), status=status)
        return self.keep_settings(payload["name"], payload)
